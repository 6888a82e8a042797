package esstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gosignup/signup"
)

const (
	// settleTimeout bounds how long a method goes on, beyond its context, to
	// find out what became of a write.
	settleTimeout = 2 * time.Second
	// conflictTimeout is the bound after a 409, while the caller still waits: the
	// server is there, though it may be under load.
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

// detach returns a context that goes on for bound, and for at most settleTimeout
// once ctx is done.
func detach(ctx context.Context, bound time.Duration) (context.Context, context.CancelFunc) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(settleTimeout, cancel) })
	return detached, func() { stop(); cancel() }
}

// confirm is for the write of doc that ended in f, and that was then read as
// stored. It makes sure of it and sets u.Version, or returns the error.
//
// What is read may still be lost: a primary shows a write before the other copies
// and its own disk have it, and if it was cut off from the others they never
// will. So the document is written once more, in its own place: the response to
// that comes when all copies that are in sync have it, or not at all.
func (s *Store) confirm(ctx context.Context, f *failure, doc document, body []byte, u *signup.User, stored found) error {
	for pause := firstPause; ; pause *= 2 {
		detached, cancel := detach(ctx, settleTimeout)
		made, again := s.replace(detached, f.op, doc, body, stored.place)
		cancel()
		if again == nil {
			u.Version = made
			return nil
		}
		if again.status != http.StatusConflict || pause > lastPause || !sleep(ctx, pause) {
			return fail.error(ctx, f)
		}
		// It was written once more, and the response lost, or another write came
		// between, or what was read is lost.
		var err error
		if stored, err = s.settle(ctx, again, doc.Key); err != nil || plainToken(stored.WriteToken) != doc.WriteToken {
			return fail.error(ctx, f)
		}
	}
}

// confirmReplayed is for a Create that ended in f because an earlier one has
// stored the user. It makes sure of the stored document in the way of confirm, and
// returns ErrReplayed, or else the error. The document keeps its content and its
// Version. Any number of Creates may do that at once and refuse each other, so
// that they wait at random.
func (s *Store) confirmReplayed(ctx context.Context, f *failure, stored found) error {
	key, id := stored.Key, stored.ID
	begin := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		detached, cancel := detach(ctx, conflictTimeout)
		body := withToken(stored.source, confirmedToken(stored.WriteToken, stored.version))
		_, again := s.replace(detached, f.op, stored.document, body, stored.place)
		cancel()
		switch {
		case again == nil:
			return fmt.Errorf("esstore: create: %w", signup.ErrReplayed)
		case again.Is(signup.ErrBusy):
			return again
		case again.status != http.StatusConflict && !again.noIndex(),
			time.Since(begin) > conflictTimeout, !sleep(ctx, rand.N(2*pause)):
			return fail.error(ctx, f)
		}
		// Another write came between, or the index was replaced, or what was read
		// is lost.
		var err error
		if stored, err = s.settle(ctx, again, key); err != nil || stored.ID != id {
			return fail.error(ctx, f)
		}
	}
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
