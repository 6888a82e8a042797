package sqltest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gosignup/signup"
)

// A ledger has the calls of all processes, to be compared afterwards with what is stored.
type ledger struct {
	mu    sync.Mutex
	calls []*call
}

// A page of a ledger is the journal of one process.
type page struct {
	*ledger
	open map[int]*call // the calls that haven't returned, by their numbers
}

func (l *ledger) newPage() *page { return &page{l, make(map[int]*call)} }

func (p *page) enter(c call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if begun, ok := p.open[c.Number]; ok {
		delete(p.open, c.Number)
		begun.Outcome, begun.Error = c.Outcome, c.Error
		return
	}
	p.open[c.Number] = &c
	p.calls = append(p.calls, &c)
}

// Figures are what judge has counted.
type figures struct {
	made    map[string]int // the acknowledged calls, by Op
	busy    int
	unknown int            // calls that returned an error of unknown outcome
	killed  int            // calls that didn't return
	refused int            // sign-ups of other users and changes that lost a race, rightly
	texts   map[string]int // the errors of unknown outcome

	lost          int // acknowledged and not stored, or not stored as it was written
	doubled       int // made twice, or stored without a call that may have stored it
	ownDuplicates int // a user's only creator got ErrExists or ErrReplayed
	ownConflicts  int // a user's only writer got ErrConflict or ErrNotFound
	busyButDone   int // stored by a call that returned ErrBusy
	users         int // stored
}

// wrong returns the figures that must be 0.
func (f *figures) wrong() map[string]int {
	return map[string]int{
		"acknowledged writes lost": f.lost, "writes doubled": f.doubled,
		"own writes called a duplicate": f.ownDuplicates, "own writes called a conflict": f.ownConflicts,
		"ErrBusy for a write that was made": f.busyButDone,
	}
}

func (f *figures) String() string {
	return fmt.Sprintf("acknowledged %d creates, %d updates, %d deletes; lost %d, doubled %d, own write called a duplicate %d, a conflict %d, "+
		"busy but done %d; refused rightly %d, busy %d, unknown %d, not returned %d; %d users",
		f.made["create"], f.made["update"], f.made["delete"], f.lost, f.doubled, f.ownDuplicates, f.ownConflicts,
		f.busyButDone, f.refused, f.busy, f.unknown, f.killed, f.users)
}

// judge compares the calls, of which none is under way, with what the store has.
func (l *ledger) judge(ctx context.Context, s signup.Store) (*figures, error) {
	f := &figures{made: make(map[string]int), texts: make(map[string]int)}
	byName := make(map[string][]call)
	for _, c := range l.calls {
		f.add(c)
		byName[c.Name] = append(byName[c.Name], *c)
	}
	for _, calls := range byName {
		var stored *signup.User
		switch u, err := s.Get(ctx, calls[0].user().Key()); {
		case err == nil:
			stored = &u
			f.users++
		case !errors.Is(err, signup.ErrNotFound):
			return nil, err
		}
		switch calls[0].Kind {
		case kindOwn:
			f.judgeOwn(calls, stored)
		case kindRival:
			f.judgeRivals(calls, stored)
		case kindCount:
			f.judgeCount(calls, stored)
		}
	}
	return f, nil
}

// add counts a call. From now on, one that didn't return is one of unknown outcome.
func (f *figures) add(c *call) {
	switch c.Outcome {
	case "":
		f.killed++
		c.Outcome = unknown
	case made:
		f.made[c.Op]++
	case busy:
		f.busy++
	case unknown:
		f.unknown++
		f.texts[c.Error]++
	default:
		f.refused++
	}
}
