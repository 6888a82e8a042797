package integration

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A ledger has the calls that were made to a store and their results, to be compared
// afterwards with what the store has: see check. There is one entry for each address.
type ledger struct {
	accounts *signup.Accounts
	store    *esstore.Store
	record   func(error) // each error that was met
	moves    bool        // users may be moved to another index, which ends their Versions
	others   int         // documents that aren't the ledger's

	mu      sync.Mutex
	entries []*entry

	requests, unknown  atomic.Int64 // calls, and those whose outcome is unknown
	repeated           atomic.Int64 // sign-ups that were sent again under their key
	ownDuplicates      atomic.Int64 // ErrExists for the only user of an address
	ownConflicts       atomic.Int64 // ErrConflict or ErrNotFound for the only caller that changes a user
	updated, deleted   atomic.Int64 // acknowledged
	goneBefore         atomic.Int64 // deleted, with ErrNotFound
	refusedAsDuplicate atomic.Int64 // ErrExists for the other of two sign-ups
	busy               atomic.Int64 // ErrBusy: nothing was done
	bothChanged        atomic.Int64 // two users by two Updates from one Version
}

// An entry is what may be stored for an address.
type entry struct {
	email  string
	states []state // what is stored is one of these
	claims []claim // of the sign-ups that contend for it
}

// A state is of a user at one time. The zero value is that there is none.
type state struct {
	password string
	user     signup.User // as acknowledged; without ID: its outcome stayed unknown
	signup.Registration
}

// A claim is one of two sign-ups for an address.
type claim struct {
	signup.Registration
	err error
}

func newLedger(accounts *signup.Accounts, store *esstore.Store) *ledger {
	return &ledger{accounts: accounts, store: store, record: func(err error) { record("%v", err) }}
}

// run has workers make users, one after another, until done.
func (l *ledger) run(ctx context.Context, workers int, done func() bool) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for !done() && ctx.Err() == nil {
				if mathrand.IntN(10) == 0 {
					l.contend(ctx)
				} else {
					l.live(ctx)
				}
			}
		})
	}
	wg.Wait()
}

// call makes one call, which may be given up early, and counts it.
func (l *ledger) call(ctx context.Context, f func(context.Context) error) error {
	patience := 5 * time.Second
	if mathrand.IntN(10) == 0 {
		patience = time.Duration(mathrand.IntN(int(50 * time.Millisecond)))
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l.requests.Add(1)
	err := f(bounded)
	if err != nil {
		l.record(err)
	}
	if isUnknown(err) {
		l.unknown.Add(1)
		sleep(ctx, 20*time.Millisecond) // a server that is down refuses fast
	}
	return err
}

// isUnknown reports whether err leaves open whether a write was made.
func isUnknown(err error) bool {
	if err == nil {
		return false
	}
	for _, known := range []error{
		signup.ErrExists, signup.ErrNotFound, signup.ErrConflict, signup.ErrInvalid, signup.ErrBusy,
		signup.ErrIdempotencyKeyReused, signup.ErrBadCredentials,
	} {
		if errors.Is(err, known) {
			return false
		}
	}
	return true
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (l *ledger) newRegistration() signup.Registration {
	name := strings.ToLower(rand.Text()[:16])
	return signup.Registration{
		Email: "Ledger." + name + "@example.org", Password: "correct horse of " + rand.Text(),
		FirstName: "first " + name, LastName: "last " + name, IdempotencyKey: rand.Text(),
	}
}

// register signs up, again for as long as it is busy and, often, until the outcome
// is known.
func (l *ledger) register(ctx context.Context, r signup.Registration) (u signup.User, tries int, err error) {
	for tries = 1; ; tries++ {
		err = l.call(ctx, func(ctx context.Context) error {
			u, err = l.accounts.Register(ctx, r)
			return err
		})
		again := errors.Is(err, signup.ErrBusy) && mathrand.IntN(5) > 0 || isUnknown(err) && mathrand.IntN(20) > 0
		if !again || ctx.Err() != nil || tries > 1000 {
			return u, tries, err
		}
		if isUnknown(err) {
			l.repeated.Add(1)
		}
		sleep(ctx, 10*time.Millisecond)
	}
}

// live makes a user that no other worker touches, changes them and maybe deletes them.
func (l *ledger) live(ctx context.Context) {
	r := l.newRegistration()
	e := &entry{email: r.Email}
	defer l.enter(e)

	u, tries, err := l.register(ctx, r)
	switch {
	case err == nil:
	case errors.Is(err, signup.ErrBusy) && tries == 1: // nothing was stored
		e.states = []state{{}}
		l.busy.Add(1)
		return
	case isUnknown(err), errors.Is(err, signup.ErrBusy):
		e.states = []state{{}, {password: r.Password, Registration: r}}
		return
	default:
		l.ownDuplicates.Add(1)
		return
	}
	now := state{r.Password, u, r}
	if mathrand.IntN(5) == 0 {
		e.states = l.rival(ctx, now)
		return
	}
	for range mathrand.IntN(3) {
		next := now
		next.password = "the next correct horse of " + rand.Text()
		if next.user.PasswordHash, err = l.accounts.Hasher.Hash(next.password); err != nil {
			panic(err)
		}
		next.user.LastName = "changed"
		next.user.UpdatedAt = time.Now()
		err := l.call(ctx, func(ctx context.Context) error { return l.store.Update(ctx, &next.user) })
		switch {
		case err == nil:
			l.updated.Add(1)
			now = next
			continue
		case errors.Is(err, signup.ErrBusy), l.wasMoved(ctx, err, &now):
			continue
		case !isUnknown(err):
			l.ownConflicts.Add(1)
		}
		e.states = []state{now, next}
		return
	}
	// A request of a sign-up that was repeated may still be on its way, and make
	// the user anew: see the package comment of esstore.
	if tries == 1 && mathrand.IntN(4) == 0 {
		err := l.call(ctx, func(ctx context.Context) error { return l.store.Delete(ctx, now.user) })
		switch {
		case err == nil:
			l.deleted.Add(1)
			now = state{}
		case errors.Is(err, signup.ErrNotFound): // see the package comment of esstore
			l.goneBefore.Add(1)
			now = state{}
		case errors.Is(err, signup.ErrBusy), l.wasMoved(ctx, err, &now):
		default:
			if !isUnknown(err) {
				l.ownConflicts.Add(1)
			}
			e.states = []state{now, {}}
			return
		}
	}
	e.states = []state{now}
}

// wasMoved reports whether err is a conflict only because the user is in another index
// now. If so, it sets the user's Version.
func (l *ledger) wasMoved(ctx context.Context, err error, now *state) bool {
	if !l.moves || !errors.Is(err, signup.ErrConflict) {
		return false
	}
	stored, err := l.store.Get(ctx, now.user.Key())
	if err != nil || !stored.Equal(now.user) {
		return false
	}
	now.user.Version = stored.Version
	return true
}

// rival makes two changes of one user at once, from one Version, and returns what may
// be stored then.
func (l *ledger) rival(ctx context.Context, now state) []state {
	next, errs := []state{now, now}, make([]error, 2)
	var wg sync.WaitGroup
	for i := range next {
		next[i].user.LastName = fmt.Sprintf("changed by %d", i)
		wg.Go(func() {
			errs[i] = l.call(ctx, func(ctx context.Context) error { return l.store.Update(ctx, &next[i].user) })
		})
	}
	wg.Wait()
	states := []state{now}
	for i, err := range errs {
		switch {
		case err == nil && errs[1-i] == nil:
			l.bothChanged.Add(1)
			return next
		case err == nil:
			l.updated.Add(1)
			return []state{next[i]}
		case isUnknown(err):
			states = append(states, next[i])
		}
	}
	if len(states) == 1 && !l.moves && !errors.Is(errs[0], signup.ErrBusy) && !errors.Is(errs[1], signup.ErrBusy) {
		l.ownConflicts.Add(1) // each got a conflict with the other
	}
	return states
}

// contend sends two sign-ups for one address at once.
func (l *ledger) contend(ctx context.Context) {
	first, second := l.newRegistration(), l.newRegistration()
	second.Email = strings.ToUpper(first.Email)
	e := &entry{email: first.Email, claims: []claim{{Registration: first}, {Registration: second}}}
	users := make([]signup.User, 2)
	var wg sync.WaitGroup
	for i := range e.claims {
		c := &e.claims[i]
		wg.Go(func() { users[i], _, c.err = l.register(ctx, c.Registration) })
	}
	wg.Wait()
	maybe := []state{}
	for i, c := range e.claims {
		switch {
		case c.err == nil:
			e.states = append(e.states, state{c.Password, users[i], c.Registration})
		case errors.Is(c.err, signup.ErrExists):
			l.refusedAsDuplicate.Add(1)
		case isUnknown(c.err), errors.Is(c.err, signup.ErrBusy):
			maybe = append(maybe, state{password: c.Password, Registration: c.Registration})
		default:
			l.ownDuplicates.Add(1)
		}
	}
	if e.states == nil { // neither succeeded
		e.states = append(maybe, state{})
		if len(maybe) == 0 { // each got ErrExists
			l.ownDuplicates.Add(1)
		}
	}
	l.enter(e)
}

func (l *ledger) enter(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

// Totals are what check has counted.
type totals struct {
	acknowledged, found, lost, doubled, gone, unacknowledged, there, partial int
}

// check compares the store, which must be whole again, with the ledger.
func (l *ledger) check(t *testing.T, transport esapi.Transport, index string) {
	t.Helper()
	var sum totals
	for _, e := range l.entries {
		l.compare(t, e, &sum)
	}
	if gone := l.deleted.Load() + l.goneBefore.Load() + l.busy.Load(); int64(sum.gone) != gone {
		t.Errorf("got %d users gone, want %d", sum.gone, gone)
	}
	if stored := count(t, transport, index) - l.others; stored != sum.found+sum.there {
		sum.doubled += stored - sum.found - sum.there
		t.Errorf("got %d documents, want %d, one for each user", stored, sum.found+sum.there)
	}
	for what, n := range map[string]int64{
		"acknowledged users lost":                    int64(sum.lost),
		"addresses with two users":                   int64(sum.doubled),
		"two Updates from one Version":               l.bothChanged.Load(),
		"users there in part":                        int64(sum.partial),
		"own sign-ups called a duplicate":            l.ownDuplicates.Load(),
		"own updates or deletions called a conflict": l.ownConflicts.Load(),
		"acknowledged users, less 1, if negative":    min(0, int64(sum.acknowledged)-1),
	} {
		if n != 0 {
			t.Errorf("%s: got %d, want 0", what, n)
		}
	}
	t.Attr("ledger", fmt.Sprintf("%d calls, of which %d of unknown outcome and %d repeated under their key; "+
		"acknowledged %d users, %d updates, %d deletions, found %d, gone %d, lost %d, doubled %d, own write called a duplicate %d, a conflict %d, own deletion another's %d; "+
		"refused as duplicates of others %d; unacknowledged %d, wholly there %d, in part %d",
		l.requests.Load(), l.unknown.Load(), l.repeated.Load(),
		sum.acknowledged, l.updated.Load(), l.deleted.Load(), sum.found, sum.gone, sum.lost, sum.doubled, l.ownDuplicates.Load(), l.ownConflicts.Load(), l.goneBefore.Load(),
		l.refusedAsDuplicate.Load(), sum.unacknowledged, sum.there, sum.partial))
}

// compare looks up one address.
func (l *ledger) compare(t *testing.T, e *entry, sum *totals) {
	t.Helper()
	key := (signup.User{Email: e.email}).Key()
	stored, err := l.store.Get(t.Context(), key)
	if err != nil && !errors.Is(err, signup.ErrNotFound) {
		t.Fatalf("Get returned %v, want nil or ErrNotFound from a store that is whole again", err)
	}
	is := func(s state) bool {
		switch {
		case s.password == "":
			return err != nil
		case err != nil || !stored.CheckPassword(s.password):
			return false
		case s.user.ID != "":
			return stored.Equal(s.user)
		}
		return stored.Email == s.Email && stored.FirstName == s.FirstName && stored.LastName == s.LastName &&
			stored.Active && stored.ID != "" && !stored.CreatedAt.IsZero() && stored.UpdatedAt.Equal(stored.CreatedAt)
	}
	acknowledged := len(e.states) > 0 && !slices.ContainsFunc(e.states, func(s state) bool { return s.password == "" })
	deleted := len(e.states) == 1 && !acknowledged
	ok := slices.ContainsFunc(e.states, is)
	switch {
	case deleted && ok:
		sum.gone++
	case deleted:
		sum.lost++
		t.Errorf("Get of a deleted user returned %v, want ErrNotFound", stored)
	case acknowledged && ok:
		sum.acknowledged++
		sum.found++
	case acknowledged:
		sum.acknowledged++
		sum.lost++
		t.Errorf("Get returned %v, %v, want the user as acknowledged: one of %d states", stored, err, len(e.states))
	case ok && err == nil:
		sum.unacknowledged++
		sum.there++
	case ok:
		sum.unacknowledged++
	default:
		sum.unacknowledged++
		sum.partial++
		t.Errorf("Get returned %v, %v, want one of the %d states that were written, or no user", stored, err, len(e.states))
	}
	if len(e.claims) == 2 && e.claims[0].err == nil && e.claims[1].err == nil {
		sum.doubled++
		t.Errorf("two sign-ups for the address of %v returned nil, want one", stored)
	}
	// A sign-up that got ErrExists must not be the one that holds the address.
	for _, c := range e.claims {
		if errors.Is(c.err, signup.ErrExists) && err == nil && stored.CheckPassword(c.Password) {
			l.ownDuplicates.Add(1)
		}
	}
}

// count returns how many documents the index has.
func count(t *testing.T, transport esapi.Transport, index string) int {
	t.Helper()
	if status, body := request(t, transport, http.MethodPost, "/"+index+"/_refresh", ""); status != http.StatusOK {
		t.Fatalf("refresh: got status %d, want 200: %s", status, body)
	}
	var ans struct{ Count int }
	_, body := request(t, transport, http.MethodGet, "/"+index+"/_count", "")
	if err := json.Unmarshal([]byte(body), &ans); err != nil {
		t.Fatal(err)
	}
	return ans.Count
}
