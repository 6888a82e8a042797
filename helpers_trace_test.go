package signup_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A trace records, in order, what Accounts call: the Store ("get", "create", "update",
// "delete"), the Hasher ("hash", also for a Verify), the Counter ("+1", "-2") and Send
// ("mail").
type trace struct {
	memory *memstore.Store
	outbox
	counter signup.Counter
	// failCount and failUpdate, if set, are the errors of the Counter and of Update.
	failCount, failUpdate error

	stepsMu sync.Mutex
	steps   []string
	names   map[string]bool // under which was counted
}

// traced returns Accounts that can send mails, and the trace of their calls.
func traced() (*signup.Accounts, *trace) {
	tr := &trace{memory: memstore.New(), counter: new(signup.MemoryCounter), names: map[string]bool{}}
	a := tokenAccounts("first")
	a.Store, a.Counter, a.Hasher, a.Logger = tracedStore{tr}, tracedCounter{tr}, tracedHasher{cheap, tr}, quiet.Logger
	a.Send = func(ctx context.Context, m signup.Mail) error {
		tr.note("mail")
		return tr.send(ctx, m)
	}
	return a, tr
}

func (tr *trace) note(step string) {
	tr.stepsMu.Lock()
	defer tr.stepsMu.Unlock()
	tr.steps = append(tr.steps, step)
}

// of returns what f calls.
func (tr *trace) of(f func()) string {
	tr.stepsMu.Lock()
	tr.steps = nil
	tr.stepsMu.Unlock()
	f()
	tr.stepsMu.Lock()
	defer tr.stepsMu.Unlock()
	return strings.Join(tr.steps, " ")
}

type tracedStore struct{ tr *trace }

func (s tracedStore) Create(ctx context.Context, u *signup.User) error {
	s.tr.note("create")
	return s.tr.memory.Create(ctx, u)
}

func (s tracedStore) Get(ctx context.Context, key string) (signup.User, error) {
	s.tr.note("get")
	return s.tr.memory.Get(ctx, key)
}

func (s tracedStore) Update(ctx context.Context, u *signup.User) error {
	s.tr.note("update")
	if s.tr.failUpdate != nil {
		return s.tr.failUpdate
	}
	return s.tr.memory.Update(ctx, u)
}

func (s tracedStore) Delete(ctx context.Context, u signup.User) error {
	s.tr.note("delete")
	return s.tr.memory.Delete(ctx, u)
}

type tracedCounter struct{ tr *trace }

func (c tracedCounter) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	c.tr.note(fmt.Sprintf("%+d", n))
	if c.tr.failCount != nil {
		return 0, c.tr.failCount
	}
	c.tr.stepsMu.Lock()
	c.tr.names[name] = true
	c.tr.stepsMu.Unlock()
	return c.tr.counter.Add(ctx, name, n, window)
}

// A counterFunc is a Counter.
type counterFunc func(ctx context.Context, name string, n int, window time.Duration) (int, error)

func (f counterFunc) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	return f(ctx, name, n, window)
}

// unlimited is a Counter for tests of what happens without limits.
var unlimited = counterFunc(func(context.Context, string, int, time.Duration) (int, error) { return 0, nil })

type tracedHasher struct {
	signup.Bcrypt
	tr *trace
}

func (h tracedHasher) Hash(password string) (signup.Hash, error) {
	h.tr.note("hash")
	return h.Bcrypt.Hash(password)
}

func (h tracedHasher) Verify(hash signup.Hash, password string) bool {
	h.tr.note("hash")
	return h.Bcrypt.Verify(hash, password)
}

const (
	wrongPassword = "wrong: correct horse"
	replayKey     = "0123456789abcdef"
)

// A guess is a call that compares a password with that of ada@example.org.
type guess struct {
	name string
	// right and wrong are what it calls with each password, if it is allowed to.
	right, wrong string
	call         func(a *signup.Accounts, s signup.Session, password string) error
}

var guesses = []guess{
	{"Authenticate", "get +1 hash get -1", "get +1 hash", func(a *signup.Accounts, _ signup.Session, password string) error {
		_, err := a.Authenticate(context.Background(), adaEmail, password)
		return err
	}},
	{"LogIn", "get +1 hash update -1", "get +1 hash", func(a *signup.Accounts, _ signup.Session, password string) error {
		_, err := a.LogIn(context.Background(), adaEmail, password, signup.Client{})
		return err
	}},
	{"LogIn in a device", "get +1 hash update -1", "get +1 hash", func(a *signup.Accounts, s signup.Session, password string) error {
		_, err := a.LogIn(context.Background(), adaEmail, password, signup.Client{Cookie: a.DeviceCookie(s)})
		return err
	}},
	{"Reauthenticate", "get +1 hash get -1", "get +1 hash", func(a *signup.Accounts, s signup.Session, password string) error {
		_, err := a.Reauthenticate(context.Background(), s, password)
		return err
	}},
	{"ChangePassword", "get +1 hash get -1 hash update mail", "get +1 hash", func(a *signup.Accounts, _ signup.Session, password string) error {
		_, err := a.ChangePassword(context.Background(), adaEmail, password, newPassword)
		return err
	}},
	{"a repeated Register", "get +1 hash create get -1", "get +1 hash", func(a *signup.Accounts, _ signup.Session, password string) error {
		_, err := a.Register(context.Background(), adaRepeated(password))
		return err
	}},
	{"ChangeOwnPassword", "get +1 hash get -1 hash update mail", "get +1 hash", func(a *signup.Accounts, s signup.Session, password string) error {
		_, err := a.ChangeOwnPassword(context.Background(), s, password, newPassword)
		return err
	}},
}

func adaRepeated(password string) signup.Registration {
	return signup.Registration{Email: adaEmail, Password: password, IdempotencyKey: replayKey}
}

// tracedAda returns traced Accounts with the user adaEmail, and a Session of it.
func tracedAda(t testing.TB, set func(*signup.Accounts)) (*signup.Accounts, *trace, signup.Session) {
	t.Helper()
	a, tr := traced()
	if set != nil {
		set(a)
	}
	if _, err := a.Register(t.Context(), adaRepeated(goodPassword)); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	s := logIn(t, a, signup.Client{})
	tr.take()
	return a, tr, s
}
