package esstore

import (
	"context"
	"net/http"
	"time"

	"github.com/gosignup/signup"
)

const (
	// settleTimeout bounds how long a method goes on, beyond its context, to
	// find out what became of a write.
	settleTimeout = 2 * time.Second
	// conflictTimeout is for a server that has answered 409, and so is there,
	// if under load, while the caller still waits.
	conflictTimeout = 10 * time.Second
	// The pauses, each twice the one before, after which to ask again.
	firstPause, lastPause = 10 * time.Millisecond, 500 * time.Millisecond
)

// settle reads the document of key after a write that ended in f, whether or not
// ctx is done.
func (s *Store) settle(ctx context.Context, f *failure, key string) (found, error) {
	bound := settleTimeout
	if f.status == http.StatusConflict {
		bound = conflictTimeout
	}
	detached, cancel := detach(ctx, bound)
	defer cancel()
	return s.get(detached, key)
}

// detach returns a context that goes on for bound, but for no longer than
// settleTimeout when ctx is done.
func detach(ctx context.Context, bound time.Duration) (context.Context, context.CancelFunc) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(settleTimeout, cancel) })
	return detached, func() { stop(); cancel() }
}

// settleChange reads u's document after an Update or Delete of u that ended in
// f. After a 409, u's own Version can't be the newest: a copy that still has it
// lags behind, and is asked again.
func (s *Store) settleChange(ctx context.Context, f *failure, u signup.User) (found, error) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.settle(ctx, f, u.Key())
		lags := err == nil && f.status == http.StatusConflict && stored.version == u.Version
		if !lags || pause > lastPause {
			return stored, err
		}
		if !sleep(ctx, pause) {
			return found{}, ctx.Err()
		}
	}
}

// A sender sends a write, each time the same, and returns the Version that it
// made.
type sender func(context.Context) (version string, f *failure)

// confirm is for a write that ended in f, and whose effect was read then. It sets
// u.Version to version and returns nil if that is safe, else it returns f.
//
// What is read may yet be lost: a primary shows a write before the other copies
// have it, and they never will if it was cut off from them, or dies now. To
// answer a write, though, be it by a 409, it needs all that are in sync. So
// the write is sent again.
func (f *failure) confirm(ctx context.Context, send sender, u *signup.User, version string) error {
	if !f.isRefusal() {
		detached, cancel := detach(ctx, settleTimeout)
		defer cancel()
		switch made, again := send(detached); {
		case again == nil: // it was lost, and is made now
			version = made
		case !again.isRefusal():
			return f
		}
	}
	u.Version = version
	return nil
}

// sleep reports whether ctx wasn't done before d was over.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
