package signup_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup"
)

// An eventLog keeps the events that Accounts.Before and After get.
type eventLog struct {
	mu            sync.Mutex
	before, after []signup.Event
	refuse        error // of Before
	seen          []signup.User
}

// watch makes a report its events to the returned log.
func watch(a *signup.Accounts) *eventLog {
	l := new(eventLog)
	a.Before = func(_ context.Context, e signup.Event, u signup.User) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.before, l.seen = append(l.before, e), append(l.seen, u)
		return l.refuse
	}
	a.After = func(_ context.Context, e signup.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.after = append(l.after, e)
	}
	return l
}

// take returns the events so far, and removes them.
func (l *eventLog) take() (before, after []signup.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, after = l.before, l.after
	l.before, l.after, l.seen = nil, nil, nil
	return before, after
}

// brief writes events as "kind/reason", with "+" after that if there is a device, and
// "?" if there is no user.
func brief(events []signup.Event) string {
	var all []string
	for _, e := range events {
		text := string(e.Kind) + "/" + string(e.Reason)
		if e.Device != "" {
			text += "+"
		}
		if e.UserID == "" {
			text += "?"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// history returns the stored events of the user of key, the oldest first, and none if
// there is no such user.
func history(t testing.TB, a *signup.Accounts, key string) []signup.Event {
	t.Helper()
	u, err := a.Store.Get(context.Background(), key)
	if errors.Is(err, signup.ErrNotFound) {
		return nil
	}
	if err != nil {
		t.Fatalf("Get returned %v, want nil", err)
	}
	events, err := signup.StoredEvents(u)
	if err != nil {
		t.Errorf("reading the history returned %v, want nil", err)
	}
	slices.Reverse(events)
	return events
}

// An eventCall is a call that makes an event, or none.
type eventCall struct {
	name string
	mode signup.EmailVerification
	// prepare, if set, is called first. Without it, the user of adaEmail is registered
	// and logged in.
	prepare func(t testing.TB, c *eventCase)
	call    func(ctx context.Context, c *eventCase) error
	err     error
	// What the call adds, as brief writes it.
	before, after, history string
	// to is the address that the user has after the call, adaEmail if empty.
	to   string
	gone bool // after the call
	// moves is set if the call changes more than one document. Tests of such calls show
	// what a failure of the Store leaves.
	moves bool
}

// address returns the address of the user after the call.
func (e eventCall) address() string { return cmp.Or(e.to, adaEmail) }

// An eventCase is an eventCall on its way.
type eventCase struct {
	*signup.Accounts
	mails *outbox
	s     signup.Session // of the user
	token string         // from a mail
	// challenge and code are for a log-in.
	challenge, code string
	log             *eventLog
}

// start returns the case of an eventCall that is prepared.
func (e eventCall) start(t testing.TB) *eventCase {
	t.Helper()
	a, o := mailAccounts()
	a.EmailVerification, a.Counter = e.mode, new(signup.MemoryCounter)
	c := &eventCase{Accounts: a, mails: o, log: watch(a)}
	if e.prepare == nil {
		e.prepare = registerAndLogIn
	}
	e.prepare(t, c)
	o.take()
	c.log.take()
	return c
}

// with makes the calls of c go to store.
func (c *eventCase) with(store signup.Store) {
	c.Accounts = &signup.Accounts{
		Store: store, Hasher: c.Hasher, Secrets: c.Secrets, Send: c.Send, Before: c.Before, After: c.After,
		EmailVerification: c.EmailVerification, Counter: c.Counter, Limits: c.Limits,
	}
}

func register(t testing.TB, c *eventCase) {
	t.Helper()
	if _, err := c.Register(t.Context(), adaRegistration("")); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
}

func registerAndLogIn(t testing.TB, c *eventCase) {
	t.Helper()
	register(t, c)
	var err error
	if c.s, err = c.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
}

func adaRegistration(idempotencyKey string) signup.Registration {
	return signup.Registration{Email: adaEmail, Password: goodPassword, FirstName: "Ada", IdempotencyKey: idempotencyKey}
}
