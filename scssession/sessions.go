package scssession

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gosignup/signup"
)

// The names of the values in the data of scs. The values are texts, which each codec
// keeps: the Session as JSON, so that other versions of this module can read it, and the
// Unix time of the last write, for IdleTimeout.
const (
	sessionKey = "signup.session"
	seenKey    = "signup.seen"
)

// Sessions keeps a [signup.Session] for each client in a manager of scs. All methods are
// safe for concurrent use by several requests.
type Sessions struct {
	manager *scs.SessionManager
	loader  *scs.SessionManager // reads what manager writes
}

var _ signup.Sessions = (*Sessions)(nil)

// New returns Sessions that manager keeps. Its fields must not be changed after that. Nil
// is NewManager(nil). If manager isn't made by [NewManager], see there which settings
// matter.
func New(manager *scs.SessionManager) *Sessions {
	if manager == nil {
		manager = NewManager(nil)
	}
	loader := *manager
	loader.IdleTimeout = 0 // or Load would cause a write at each request
	loader.Codec = codec{manager.Codec}
	return &Sessions{manager: manager, loader: &loader}
}

// Current returns the Session that is kept for the client of r, and reports whether there
// is one. It is read when the request begins, so Current costs nothing.
//
// Current, Set and Clear panic if r hasn't passed [Sessions.Handler], as that is a mistake
// in the program.
func (s *Sessions) Current(r *http.Request) (signup.Session, bool) {
	s.writerOf(r)
	return s.current(r.Context())
}

func (s *Sessions) current(ctx context.Context) (signup.Session, bool) {
	var session signup.Session
	text := s.manager.GetString(ctx, sessionKey)
	if text == "" || json.Unmarshal([]byte(text), &session) != nil {
		return signup.Session{}, false
	}
	return session, true
}

// Set keeps session for the client of r under a new token, and makes the token before
// void. If the Session before was of another user, all data that was kept with it is
// removed, also the application's.
//
// The session ends when the manager's Lifetime has passed since session.At, or 24 hours,
// if that is less and session.Remember isn't set. For a manager with Cookie.Persist, all
// users are remembered.
//
// If session goes on from the one before, with the same ID and At, and another request of
// the client has ended that in the meantime, the error is [signup.ErrEnded]: a slow
// request doesn't undo a log-out. Other errors are the store's. After an error, nothing
// more of this request is saved, and the client's cookie stays as it is. Set also returns
// an error if the response has begun.
func (s *Sessions) Set(_ http.ResponseWriter, r *http.Request, session signup.Session) error {
	w, ctx := s.writerOf(r), r.Context()
	if w.hasBegun() {
		return errors.New("scssession: the session can't be set after the response has begun")
	}
	text, err := json.Marshal(session)
	if err != nil {
		return fmt.Errorf("scssession: %w", err)
	}
	switch before, ok := s.current(ctx); {
	case ok && before.ID != session.ID:
		err = s.manager.Destroy(ctx)
	case ok && before.At.Equal(session.At):
		err = s.checkStored(ctx, w)
	}
	if err == nil {
		err = s.manager.RenewToken(ctx)
	}
	if err == nil {
		s.manager.Put(ctx, sessionKey, string(text))
		s.manager.RememberMe(ctx, session.Remember)
		s.manager.SetDeadline(ctx, s.deadline(session))
		_, _, err = s.commit(ctx) // now, so that the caller gets the error
	}
	return w.note(err)
}

// checkStored returns ErrEnded if the session that the request of w began with isn't
// stored any more.
func (s *Sessions) checkStored(ctx context.Context, w *responseWriter) error {
	if w.token == "" || s.manager.Token(ctx) != w.token {
		return nil // it was made by this request
	}
	stored, err := s.load(w.outer.Context(), w.token)
	if err == nil && s.manager.Token(stored) == "" {
		err = signup.ErrEnded
	}
	return err
}

// deadline returns when session ends. NIST SP 800-63B-4, section 5.2, counts from the last
// proof of identity.
func (s *Sessions) deadline(session signup.Session) time.Time {
	life := s.manager.Lifetime
	if !session.Remember && !s.manager.Cookie.Persist {
		life = min(life, notRemembered)
	}
	from := time.Now()
	if !session.At.IsZero() && session.At.Before(from) {
		from = session.At
	}
	return from.Add(life).UTC()
}

// Clear removes all data that is kept for the client of r, also the application's, and
// makes the token void. If there is none, Clear does nothing. Errors are the store's.
// After one, nothing more of this request is saved.
//
// If another request of the client has renewed the session since this one began, the new
// session stays in the store, and the client's cookie is removed all the same. So don't
// call Clear because [signup.Accounts.Resume] has returned [signup.ErrEnded]: a renewal may
// be the reason.
func (s *Sessions) Clear(_ http.ResponseWriter, r *http.Request) error {
	w, ctx := s.writerOf(r), r.Context()
	if s.manager.Token(ctx) == "" && len(s.manager.Keys(ctx)) == 0 {
		return nil
	}
	return w.note(s.manager.Destroy(ctx))
}

// writerKey is the key of the responseWriter of a request in its context.
type writerKey struct{ sessions *Sessions }

func (s *Sessions) writerOf(r *http.Request) *responseWriter {
	w, ok := r.Context().Value(writerKey{s}).(*responseWriter)
	if !ok {
		panic("scssession: the request hasn't passed Sessions.Handler, which must surround all handlers that use sessions")
	}
	return w
}
