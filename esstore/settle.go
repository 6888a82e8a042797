package esstore

import (
	"context"
	"encoding/json"
	"fmt"
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
		lags := err == nil && f.status == http.StatusConflict && stored.version.String() == string(u.Version)
		if !lags || pause > lastPause {
			return stored, err
		}
		if !sleep(ctx, pause) {
			return found{}, ctx.Err()
		}
	}
}

// confirm is for the write of doc that ended in f, and that was then read as
// stored. It makes sure of it and sets u.Version, or returns f.
//
// What is read may yet be lost: a primary shows a write before the other copies
// and its own disk have it, and if it was cut off from the others they never
// will. So the document is written once more, in the place of itself: that is
// answered when all copies that are in sync have it, or not at all.
func (s *Store) confirm(ctx context.Context, f *failure, doc document, body []byte, u *signup.User, stored found) error {
	for pause := firstPause; ; pause *= 2 {
		detached, cancel := detach(ctx, settleTimeout)
		version, again := s.replace(detached, f.op, doc, body, stored.version)
		cancel()
		if again == nil {
			u.Version = signup.Version(version)
			return nil
		}
		if again.status != http.StatusConflict || pause > lastPause || !sleep(ctx, pause) {
			return f
		}
		// It was written once more, and the answer lost, or another write came
		// between, or what was read is lost.
		var err error
		if stored, err = s.settle(ctx, again, doc.Key); err != nil || stored.WriteToken != doc.WriteToken {
			return f
		}
	}
}

// confirmReplayed makes sure of the user stored, which an earlier Create has
// stored: what was read may not be durable yet. It returns ErrReplayed, or f.
func (s *Store) confirmReplayed(ctx context.Context, f *failure, stored found) error {
	for pause := firstPause; ; pause *= 2 {
		body, err := json.Marshal(&stored.document)
		if err != nil {
			return f
		}
		detached, cancel := detach(ctx, settleTimeout)
		_, again := s.replace(detached, f.op, stored.document, body, stored.version)
		cancel()
		if again == nil {
			return fmt.Errorf("esstore: create: %w", signup.ErrReplayed)
		}
		if again.status != http.StatusConflict || pause > lastPause || !sleep(ctx, pause) {
			return f
		}
		key, id := stored.Key, stored.ID
		if stored, err = s.settle(ctx, again, key); err != nil || stored.ID != id {
			return f
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
