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
	// settleTimeout limits how long a method continues, after its context is done,
	// to find out the outcome of a write.
	settleTimeout = 2 * time.Second
	// conflictTimeout is the limit after a 409, while the context is not done: the
	// server responds, although it may be under load.
	conflictTimeout = 10 * time.Second
	// The first and the longest pause before another read. Each is twice the one
	// before.
	firstPause, lastPause = 10 * time.Millisecond, 500 * time.Millisecond
)

// readAfter reads the document of key after a write that failed with e, whether or
// not ctx is done.
func (s *Store) readAfter(ctx context.Context, e *Error, key string) (storedUser, error) {
	bound := settleTimeout
	if e.Status == http.StatusConflict {
		bound = conflictTimeout
	}
	detached, cancel := detach(ctx, bound)
	defer cancel()
	return s.read(detached, e.Op, key)
}

// detach returns a context that ends after bound, and at most settleTimeout after
// ctx is done.
func detach(ctx context.Context, bound time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := outlast(ctx)
	detached, cancelTimeout := context.WithTimeout(late, bound)
	return detached, func() { cancelTimeout(); cancel() }
}

// outlast returns a context that ends settleTimeout after ctx is done.
func outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(settleTimeout, cancel) })
	return late, func() { stop(); cancel() }
}

// confirmWrite confirms the write of doc, encoded as body, which failed with e and
// was then read as stored. It sets u.Version, or returns an error.
//
// What is read may still be lost: a primary shows a write before the other copies
// and its own disk have it, and if it was cut off from the others they never get it.
// So the document is written once more, in its own place: that succeeds only when
// all copies that are in sync have it.
func (s *Store) confirmWrite(ctx context.Context, e *Error, doc document, body []byte, u *signup.User, stored storedUser) error {
	for pause := firstPause; ; pause *= 2 {
		detached, cancel := detach(ctx, settleTimeout)
		made, again := s.sendReplacement(detached, e.Op, doc, body, stored.place)
		cancel()
		if again == nil {
			u.Version = made
			return nil
		}
		if again.Status != http.StatusConflict || pause > lastPause || !sleep(ctx, pause) {
			return thenFail.errorAfter(ctx, e)
		}
		// It was written once more, and the response lost, or another write came
		// between, or what was read is lost.
		var err error
		if stored, err = s.readAfter(ctx, again, doc.Key); err != nil || plainToken(stored.WriteToken) != doc.WriteToken {
			return thenFail.errorAfter(ctx, e)
		}
	}
}

// confirmReplayed confirms the stored document, as confirmWrite does, after a Create
// that failed with e because an earlier Create has stored the user. It returns
// ErrReplayed if it succeeds, ErrBusy if other calls write the document all the time,
// otherwise another error. The document keeps its content
// and its Version. Any number of Creates may do that at once and refuse each other,
// so each waits for a random time.
func (s *Store) confirmReplayed(ctx context.Context, e *Error, stored storedUser) error {
	key, id := stored.Key, stored.ID
	begin := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		detached, cancel := detach(ctx, conflictTimeout)
		body := withToken(stored.source, confirmedToken(stored.WriteToken, stored.version))
		_, again := s.sendReplacement(detached, e.Op, stored.document, body, stored.place)
		cancel()
		switch {
		case again == nil:
			return fmt.Errorf("esstore: create: %w", signup.ErrReplayed)
		case again.Is(signup.ErrBusy):
			return again
		case again.Status != http.StatusConflict && !again.isNoIndex(), !sleep(ctx, rand.N(2*pause)):
			return thenFail.errorAfter(ctx, e)
		case time.Since(begin) > conflictTimeout: // other calls confirm the same document all the time
			return fmt.Errorf("esstore: create: %w", signup.ErrBusy)
		}
		// Another write came between, or the index was replaced, or what was read
		// is lost.
		var err error
		if stored, err = s.readAfter(ctx, again, key); err != nil || stored.ID != id {
			return thenFail.errorAfter(ctx, e)
		}
	}
}
