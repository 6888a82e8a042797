package signup_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// registeredOnce reports if the events of l and of the history aren't one registration
// of the user u, which isn't to be sent again.
func registeredOnce(t testing.TB, name string, a *signup.Accounts, l *eventLog) {
	t.Helper()
	_, after := l.take()
	u, err := a.Store.Get(context.Background(), adaKey)
	if err != nil {
		t.Fatalf("%s: Get returned %v, want nil", name, err)
	}
	if stored := brief(historyOf(t, u)); stored != "registered/password" || brief(after) != "registered/password" {
		t.Errorf("%s: the history has %q, and After got %q; want registered/password in both", name, stored, brief(after))
		return
	}
	if after[0] != historyOf(t, u)[0] || !after[0].At.Equal(u.CreatedAt) {
		t.Errorf("%s: After got %v and the history %v, want the same, at %v", name, after[0], historyOf(t, u)[0], u.CreatedAt)
	}
	if strings.Contains(string(u.Private), signup.EventUnsent) || !u.UpdatedAt.Equal(u.CreatedAt) {
		t.Errorf("%s: the event is marked as not sent: %t, updated at %v; want false, %v",
			name, strings.Contains(string(u.Private), signup.EventUnsent), u.UpdatedAt, u.CreatedAt)
	}
}

// However often a registration is repeated at once, its event comes once.
func TestRegisteredOnceInACrowd(t *testing.T) {
	a := &signup.Accounts{Counter: unlimited, Store: memstore.New(), Hasher: plainHasher{}, HashLimits: signup.HashLimits{MaxWait: time.Minute}}
	l := watch(a)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			<-begin
			if _, err := a.Register(t.Context(), adaRegistration(eventKey)); err != nil {
				t.Errorf("Register returned %v, want nil", err)
			}
		})
	}
	close(begin)
	wg.Wait()
	registeredOnce(t, "crowd", a, l)
}

// A registration is repeated until it succeeds, wherever the Store fails. Its event
// comes once.
func TestRegisteredOnceAfterFailures(t *testing.T) {
	for _, made := range []bool{false, true} {
		for n := 1; ; n++ {
			a := &signup.Accounts{Store: memstore.New(), Hasher: plainHasher{}}
			l := watch(a)
			store := a.Store
			failing, calls := failAt(store, n, made, errLost)
			a.Store = failing
			_, _ = a.Register(t.Context(), adaRegistration(eventKey)) // succeeds, or not
			if *calls < n {
				break
			}
			for range 2 {
				if _, err := a.Register(t.Context(), adaRegistration(eventKey)); err != nil {
					t.Errorf("failing at call %d: a repetition returned %v, want nil", n, err)
				}
			}
			registeredOnce(t, fmt.Sprintf("failing at call %d, which was made: %t", n, made), a, l)
		}
	}
}

// Two hundred callers at once repeat a registration until it succeeds, with a Store
// that loses the responses of two writes of three, half of them after the write.
func TestRegisteredOnceWithLostResponses(t *testing.T) {
	for range 10 {
		store := memstore.New()
		var writes atomic.Int64
		lossy := func(write func(context.Context, *signup.User) error) func(context.Context, *signup.User) error {
			return func(ctx context.Context, u *signup.User) error {
				switch writes.Add(1) % 3 {
				case 0:
					return errLost
				case 1:
					v := *u
					_ = write(ctx, &v)
					return errLost
				}
				return write(ctx, u)
			}
		}
		a := &signup.Accounts{Hasher: plainHasher{}, HashLimits: signup.HashLimits{MaxWait: time.Minute}, Counter: unlimited,
			Store: fakestore.Store{Store: store, OnCreate: lossy(store.Create), OnUpdate: lossy(store.Update)}}
		l := watch(a)
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				for range 100 {
					if _, err := a.Register(t.Context(), adaRegistration(eventKey)); err == nil {
						return
					}
				}
				t.Error("Register failed a hundred times, want nil at last")
			})
		}
		wg.Wait()
		registeredOnce(t, "lost responses", a, l)
	}
}

// If After isn't set, a registration is one write, and no event waits for After.
func TestRegisteredWithoutAfter(t *testing.T) {
	calls := &callStore{Store: memstore.New()}
	a := &signup.Accounts{Store: calls, Hasher: plainHasher{}}
	if _, err := a.Register(t.Context(), adaRegistration(eventKey)); err != nil || calls.updates != 0 {
		t.Errorf("Register returned %v after %d Updates, want nil, 0", err, calls.updates)
	}
	b := &signup.Accounts{Store: calls, Hasher: plainHasher{}}
	l := watch(b)
	if _, err := b.Register(t.Context(), adaRegistration(eventKey)); err != nil || calls.updates != 0 {
		t.Errorf("the repetition returned %v after %d Updates, want nil, 0", err, calls.updates)
	}
	if before, after := l.take(); len(before) != 0 || len(after) != 0 {
		t.Errorf("the repetition made the events %q and %q, want none", brief(before), brief(after))
	}
}

// A registration whose user was changed before the repetition has its event then.
func TestRegisteredOnceAfterLogIn(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), Hasher: plainHasher{}}
	l := watch(a)
	store := a.Store
	a.Store, _ = failAt(store, 2, true, errLost) // Get, Create
	if _, err := a.Register(t.Context(), adaRegistration(eventKey)); err == nil {
		t.Fatal("Register returned nil, want an error")
	}
	a.Store = store
	if _, err := a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	u, err := a.Register(t.Context(), adaRegistration(eventKey))
	_, after := l.take()
	if err != nil || brief(after) != "logged_in/password+ registered/password" || after[1].UserID != u.ID {
		t.Errorf("the repetition returned %v, and After got %q; want nil, logged_in/password+ registered/password", err, brief(after))
	}
}

// A user that is registered anew by a repetition during a deletion is one that Before
// has accepted.
func TestRegisterAnewAsksBefore(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), Hasher: plainHasher{}}
	if _, err := a.Register(t.Context(), adaRegistration(eventKey)); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	store, deleted := a.Store, false
	b := &signup.Accounts{Hasher: plainHasher{}, Store: fakestore.Store{Store: store, OnCreate: func(ctx context.Context, u *signup.User) error {
		if stored, err := store.Get(ctx, adaKey); err == nil && !deleted {
			deleted = true
			if err := store.Delete(ctx, stored); err != nil {
				return err
			}
		}
		return store.Create(ctx, u)
	}}}
	l := watch(b)
	l.refuse = signup.FieldError{Field: "email_address", Code: "closed"}
	_, err := b.Register(t.Context(), adaRegistration(eventKey))
	if before, after := l.take(); err != l.refuse || !deleted || brief(before) != "registered/password" || len(after) != 0 {
		t.Errorf("Register returned %v, Before got %q and After %q; want %v, registered/password and none", err, brief(before), brief(after), l.refuse)
	}
	if _, err := store.Get(t.Context(), adaKey); err != signup.ErrNotFound && err == nil {
		t.Errorf("Get returned %v, want ErrNotFound", err)
	}
}
