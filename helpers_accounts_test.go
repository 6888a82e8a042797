package signup_test

import (
	"context"
	"sync/atomic"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// A countingHasher counts the hashes that calls cost: one for each Hash, and one
// for each Verify of a hash that needs no rehash.
type countingHasher struct {
	signup.Bcrypt
	hashes, verifies atomic.Int64
}

func (c *countingHasher) Hash(password string) (signup.Hash, error) {
	c.hashes.Add(1)
	return c.Bcrypt.Hash(password)
}

func (c *countingHasher) Verify(h signup.Hash, password string) bool {
	if !c.NeedsRehash(h) {
		c.verifies.Add(1)
	}
	return c.Bcrypt.Verify(h, password)
}

// failAt returns store with a failure at the n-th of its calls, and the number of the
// calls so far. If made is true, a write that fails has been made.
func failAt(store signup.Store, n int, made bool, failure error) (failing signup.Store, calls *int) {
	calls = new(int)
	write := func(write func(context.Context, *signup.User) error) func(context.Context, *signup.User) error {
		return func(ctx context.Context, u *signup.User) error {
			if *calls++; *calls != n {
				return write(ctx, u)
			}
			if made {
				v := *u
				if err := write(ctx, &v); err != nil {
					return err
				}
			}
			return failure
		}
	}
	return fakestore.Store{
		Store: store,
		OnGet: func(ctx context.Context, key string) (signup.User, error) {
			if *calls++; *calls == n {
				return signup.User{}, failure
			}
			return store.Get(ctx, key)
		},
		OnCreate: write(store.Create),
		OnUpdate: write(store.Update),
		OnDelete: func(ctx context.Context, u signup.User) error {
			return write(func(ctx context.Context, u *signup.User) error { return store.Delete(ctx, *u) })(ctx, &u)
		},
	}, calls
}

func newAccounts() *signup.Accounts {
	return &signup.Accounts{Store: memstore.New(), Hasher: cheap}
}

const goodPassword = "correct horse battery"

type policyFunc func(ctx context.Context, password string, u signup.User) error

func (f policyFunc) Check(ctx context.Context, password string, u signup.User) error {
	return f(ctx, password, u)
}

// A localPolicyFunc is a policyFunc whose rules are local.
type localPolicyFunc func(ctx context.Context, password string, u signup.User) error

func (f localPolicyFunc) Check(ctx context.Context, password string, u signup.User) error {
	return f(ctx, password, u)
}

func (f localPolicyFunc) CheckLocal(ctx context.Context, password string, u signup.User) error {
	return f(ctx, password, u)
}
