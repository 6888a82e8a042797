package integration

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// moveTotals are what all movers have seen, beside the totals of their owners.
type moveTotals struct {
	owners                                      ownerTotals
	changes, undone, canceled, signUps, refused atomic.Int64 // acknowledged; refused: ErrExists
	abandoned, applied, doubled                 atomic.Int64 // applied: abandoned, and carried out
	given, asked                                atomic.Int64 // free addresses, and calls for contested ones

	mu      sync.Mutex
	waiting map[string]chan struct{} // for another caller, by contested address
	winners map[string]string        // the ID of the user, by contested address
}

// free returns an address that is asked for once.
func (m *moveTotals) free() string { return fmt.Sprintf("free%d@example.org", m.given.Add(1)) }

// contested returns an address that three callers get, one after the other.
func (m *moveTotals) contested() string {
	return fmt.Sprintf("contested%d@example.org", m.asked.Add(1)/3)
}

// meet waits a little until another caller contends for the address.
func (m *moveTotals) meet(ctx context.Context, address string) {
	if !strings.HasPrefix(address, "contested") {
		return
	}
	m.mu.Lock()
	other, ok := m.waiting[address]
	if ok {
		delete(m.waiting, address)
		close(other)
	} else {
		other = make(chan struct{})
		m.waiting[address] = other
	}
	m.mu.Unlock()
	select {
	case <-other:
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// won notes that the user with an ID has got an address. No other user gets it in this
// test, as it is held for an undo.
func (m *moveTotals) won(t *testing.T, address, id string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if other := m.winners[address]; other != "" && other != id {
		m.doubled.Add(1)
		t.Error("got two users that an address was acknowledged for, want one")
	}
	m.winners[address] = id
}

// complete reports whether there was each kind of outcome.
func (m *moveTotals) complete() bool {
	o := &m.owners
	return min(m.changes.Load(), m.undone.Load(), m.canceled.Load(), m.signUps.Load(), m.refused.Load(),
		o.passwords.Load(), o.logIns.Load(), o.unknown.Load(), m.abandoned.Load()) > 0
}

// report fails the test if a kind of change is missing, and logs the counts.
func (m *moveTotals) report(t *testing.T, kills int, movers []*mover) {
	t.Helper()
	o := &m.owners
	if !m.complete() {
		t.Error("got a kind of change of which none was acknowledged, or none refused, abandoned or of unknown outcome; want some of each")
	}
	contested := 0
	for address := range m.winners {
		if strings.HasPrefix(address, "contested") {
			contested++
		}
	}
	users := 0
	for _, mover := range movers {
		users += len(mover.users)
	}
	t.Attr("moves", fmt.Sprintf("%d kills; %d users; acknowledged %d changes of address, %d undone, %d canceled, %d passwords, %d resets, %d log-ins; %d contested addresses with one winner each, %d calls refused as taken; %d calls, of which %d of unknown outcome; %d changes abandoned, of which %d were made; lost %d, doubled %d",
		kills, users, m.changes.Load(), m.undone.Load(), m.canceled.Load(), o.passwords.Load(), o.resets.Load(), o.logIns.Load(), contested, m.refused.Load(),
		o.calls.Load(), o.unknown.Load(), m.abandoned.Load(), m.applied.Load(), o.lost.Load(), m.doubled.Load()))
}
