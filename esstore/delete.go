package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Delete implements signup.Store, in one round trip.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	key := u.Key()
	v, ok := parseVersion(u, s.alias)
	if !ok {
		return s.missing(s.conflict(ctx, "delete", u, nil))
	}
	send := func(ctx context.Context) *failure {
		ans, f := s.call(ctx, "delete", esapi.DeleteRequest{
			Index: ownAlias(v.index), DocumentID: documentID(key), IfSeqNo: &v.seqNo, IfPrimaryTerm: &v.primaryTerm,
			Header: plain(), Instrument: s.instrument,
		})
		if f == nil && ans.Result != "deleted" {
			f = &failure{op: "delete", status: ans.status, err: errNotElasticsearch}
		}
		return f
	}
	f := send(ctx)
	switch {
	case f == nil:
		return nil
	case f.noIndex() && f.attempts <= 1:
		return s.missing(s.conflict(ctx, "delete", u, f))
	case !f.isRefusal() && !f.isOpen():
		return f
	}
	// Whoever may have sent the request before can't tell its own deletion
	// from another's, and needn't: the user is gone.
	again := f.attempts > 1 || f.isOpen()
	stored, err := s.settleChange(ctx, f, u)
	switch {
	case errors.Is(err, signup.ErrNotFound) && again, err == nil && stored.ID != u.ID && again:
		if f.isRefusal() {
			return nil
		}
		return s.confirmGone(ctx, f, send, u)
	case errors.Is(err, signup.ErrNotFound):
		return fmt.Errorf("esstore: delete: %w", signup.ErrNotFound)
	case err != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("esstore: delete: %w", err)
	case err == nil && stored.version.String() != string(u.Version), f.status == http.StatusConflict && !again:
		return fmt.Errorf("esstore: delete: %w", signup.ErrConflict)
	}
	return f
}

// confirmGone is for a Delete that ended in f, after which u was read to be gone,
// which only a primary that was cut off may show. So it is sent once more, and
// if it is refused, as it is for want of that version, u must be gone still.
func (s *Store) confirmGone(ctx context.Context, f *failure, send func(context.Context) *failure, u signup.User) error {
	detached, cancel := detach(ctx, settleTimeout)
	defer cancel()
	again := send(detached)
	switch {
	case again == nil:
		return nil
	case !again.isRefusal():
		return f
	}
	stored, err := s.settle(ctx, again, u.Key())
	switch {
	case errors.Is(err, signup.ErrNotFound), err == nil && stored.ID != u.ID:
		return nil
	case err == nil && stored.version.String() != string(u.Version):
		return fmt.Errorf("esstore: delete: %w", signup.ErrConflict)
	}
	return f
}

// missing returns err as Delete tells it: who isn't there is just not found.
func (s *Store) missing(err error) error {
	if errors.Is(err, signup.ErrNotFound) {
		return fmt.Errorf("esstore: delete: %w", signup.ErrNotFound)
	}
	return err
}
