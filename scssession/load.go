package scssession

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"
)

// load returns ctx with the data that is stored for token, or with no data.
func (s *Sessions) load(ctx context.Context, token string) (context.Context, error) {
	loaded, err := s.loader.Load(ctx, token)
	if void, ok := errors.AsType[*voidError](err); ok {
		if void.cause != nil {
			slog.LogAttrs(ctx, slog.LevelWarn, "signup: stored session not readable: the client has none now",
				slog.String("exception.type", fmt.Sprintf("%T", void.cause)))
		}
		loaded, err = s.loader.Load(ctx, "")
	}
	return loaded, err
}

// save writes the data of ctx to the store, if it was changed or IdleTimeout requires it.
// token is what load was called with, with the context base. It returns the cookie's new
// token and expiry, and false if the cookie stays as it is.
func (s *Sessions) save(ctx, base context.Context, token string) (newToken string, expiry time.Time, changed bool, err error) {
	status := s.manager.Status(ctx)
	isRefresh := status == scs.Unmodified && s.isDue(ctx)
	switch {
	case status == scs.Destroyed:
		return "", time.Time{}, true, nil
	case status == scs.Unmodified && !isRefresh:
		return "", time.Time{}, false, nil
	}
	if token != "" && s.manager.Token(ctx) == token {
		// Another request of the client may have ended the session or renewed the token
		// since this one began. Without this check, a slow request would undo a log-out.
		stored, err := s.load(base, token)
		if err != nil || s.manager.Token(stored) == "" {
			return "", time.Time{}, false, err
		}
		if isRefresh {
			ctx = stored // keeps what other requests have changed
		}
	}
	newToken, expiry, err = s.commit(ctx)
	return newToken, expiry, true, err
}

// isDue reports whether the data of ctx is to be written although it is unchanged, because
// a sixteenth of IdleTimeout has passed since it was written. So there are few writes, and
// a session ends at most that much before IdleTimeout has passed.
func (s *Sessions) isDue(ctx context.Context) bool {
	if s.manager.IdleTimeout <= 0 || s.manager.Token(ctx) == "" {
		return false
	}
	seen, err := strconv.ParseInt(s.manager.GetString(ctx, seenKey), 10, 64)
	return err != nil || time.Since(time.Unix(seen, 0)) >= s.manager.IdleTimeout/16
}

// commit writes the data of ctx to the store.
func (s *Sessions) commit(ctx context.Context) (token string, expiry time.Time, err error) {
	if s.manager.IdleTimeout > 0 {
		s.manager.Put(ctx, seenKey, strconv.FormatInt(time.Now().Unix(), 10))
	}
	return s.manager.Commit(ctx)
}

// codec is its Codec, except that Decode returns a voidError for data that is of no use.
type codec struct{ scs.Codec }

func (c codec) Decode(b []byte) (time.Time, map[string]any, error) {
	deadline, values, err := c.Codec.Decode(b)
	switch {
	case err != nil:
		return time.Time{}, nil, &voidError{err}
	case !time.Now().Before(deadline):
		return time.Time{}, nil, &voidError{nil}
	case values == nil:
		values = make(map[string]any)
	}
	return deadline, values, nil
}

// A voidError means that the stored data is no session: it can't be decoded, as after a
// change of the codec, or the session has ended, and the cause is nil.
type voidError struct{ cause error }

func (*voidError) Error() string { return "scssession: stored session is void" }
