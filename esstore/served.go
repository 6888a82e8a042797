package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
)

// A served is what is known of the index behind the alias. A Store and the Stores that
// bounded makes of it share it.
type served struct {
	index atomic.Pointer[string] // stores users as they are; nil if that isn't known, "" if it can't be
	ours  atomic.Bool            // at some time, the index was one that this package made
	next  atomic.Int64           // until this Unix time in nanoseconds, the index isn't read again
}

// unknownFor is the time for which a Store doesn't read the index again if it can't be
// read or compared.
const unknownFor = time.Minute

// accept notes that the index of this name stores users as they are. name is "" if that
// can't be known.
func (k *served) accept(name string) {
	k.index.Store(&name)
	if name != "" {
		k.ours.Store(true)
	}
}

// postpone notes that nothing is known of the index.
func (k *served) postpone() { k.next.Store(time.Now().Add(unknownFor).UnixNano()) }

// isKnown reports whether a write to the index of this name needs no check. name is ""
// for a write to the alias.
func (k *served) isKnown(name string) bool {
	if known := k.index.Load(); known != nil {
		return *known == "" || name == "" || *known == name
	}
	next := k.next.Load()
	return next != 0 && time.Now().UnixNano() < next
}

// checkServed returns an error if the index behind the alias would lose users or their
// hashes, or if several are behind it. It reads the index once for each Store, unless
// Setup has done so, and once more for an Update in another index. The privilege for it
// is view_index_metadata, which [Role] includes. A user without it isn't checked, because
// users could be registered before this check existed.
//
// Searches that find too little don't stop it: Setup logs them, and Search returns an
// error. If the index can't be read for another reason, the caller's own request shows
// that, and if it succeeds, the index isn't read again for a while.
func (s *Store) checkServed(ctx context.Context, op, index string) error {
	if s.served.isKnown(index) {
		return nil
	}
	return s.readServed(ctx, op)
}

// readServed is checkServed without what is known.
func (s *Store) readServed(ctx context.Context, op string) error {
	name, i, err := s.readIndex(ctx, op, s.alias)
	if e, failed := errors.AsType[*Error](err); failed {
		switch {
		case e.Status == 0, e.isRejected(): // nothing was written
			return err
		case e.Status == http.StatusForbidden && !e.isBlocked():
			s.served.accept("")
		case e.Status != http.StatusNotFound && e.Status < http.StatusInternalServerError:
			s.served.postpone()
		}
		return nil
	}
	if err != nil {
		return err
	}
	if differences := harmful(i.differences(), loses); len(differences) > 0 {
		return fmt.Errorf("esstore: %s: the index %s can't be used, because it is not as this package asks for: %s. Check describes the remedy",
			op, name, textOf(differences))
	}
	switch {
	case i.schema() > 0:
		s.served.accept(name)
	case s.served.ours.Load(): // and was replaced
		return fmt.Errorf("esstore: %s: the index %s behind the alias %s was not made by this package. Check describes the remedy", op, name, s.alias)
	default:
		s.served.postpone() // Setup returns an error
	}
	return nil
}

// checkWritten returns an error if a write that succeeded has reached an index other than
// the one that the Store knows, and that index can't be used: a rollover has put it
// behind the alias, for example. The user is stored there then, and may be stored in the
// other index as well, so the outcome of the write is unknown.
//
// After a migration by another process, the index is a good one. The write counts, and
// the Store knows the new index from then on. It also counts if the index can't be read
// now: the next write reads it again.
func (s *Store) checkWritten(ctx context.Context, op, index string) error {
	if s.served.isKnown(index) {
		return nil
	}
	known := s.served.index.Load()
	late, cancel := detach(ctx, settleTimeout) // the write was made, even if ctx is done
	defer cancel()
	err := s.readServed(late, op)
	s.served.index.CompareAndSwap(known, nil) // if readServed has not accepted one
	if _, failed := errors.AsType[*Error](err); failed || err == nil {
		return nil
	}
	return fmt.Errorf("%w. The user was written to the index %s", err, index)
}

// checkStored is checkWritten after a write of u by which the user has got a new Version.
// If it returns an error, u has the Version from before.
func (s *Store) checkStored(ctx context.Context, op string, u *signup.User, before signup.Version) error {
	index, _, _ := strings.Cut(string(u.Version), "/")
	err := s.checkWritten(ctx, op, index)
	if err != nil {
		u.Version = before
	}
	return err
}

// checkItems is checkWritten after a bulk request.
func (s *Store) checkItems(ctx context.Context, items []es.Item) error {
	for _, i := range items {
		if i.Index == "" || i.Status >= http.StatusMultipleChoices {
			continue
		}
		if err := s.checkWritten(ctx, importOp, i.Index); err != nil {
			return err
		}
	}
	return nil
}
