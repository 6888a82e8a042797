package signup_test

import (
	"math"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Limits that are as high as they can be mean no limit.
func TestHashLimitsAtTheirHighest(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), Hasher: signup.Argon2id{Memory: 64, Time: 1}, HashLimits: signup.HashLimits{
		MaxConcurrent: math.MaxInt, MaxMemory: math.MaxInt64, MaxWait: math.MaxInt64,
		MaxStoredWork: signup.Work{Rounds: math.MaxInt64, Memory: math.MaxInt64},
	}}
	if _, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword}); err != nil {
		t.Errorf("Register returned %v, want nil", err)
	}
	one := &signup.Accounts{Store: memstore.New(), Hasher: cheap, HashLimits: signup.HashLimits{
		MaxConcurrent: 1, MaxWait: math.MaxInt64, MaxStoredWork: signup.Work{Memory: math.MaxInt64},
	}}
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			_, err := one.Authenticate(t.Context(), adaEmail, goodPassword)
			errs <- err
		}()
	}
	for range cap(errs) {
		select {
		case err := <-errs:
			if err != signup.ErrBadCredentials {
				t.Errorf("Authenticate returned %v, want ErrBadCredentials", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("a call still waits after a minute, want it to return")
		}
	}
}

// A handler isn't made with what can't work.
func TestHandlerWithUnusableOptions(t *testing.T) {
	for name, change := range map[string]func(*signup.Accounts){
		"bcrypt cost too high":  func(a *signup.Accounts) { a.Hasher = signup.Bcrypt{Cost: 99} },
		"bcrypt cost too low":   func(a *signup.Accounts) { a.Hasher = &signup.Bcrypt{Cost: 3} },
		"argon2id, few KiB":     func(a *signup.Accounts) { a.Hasher = signup.Argon2id{Memory: 8, Threads: 4} },
		"a negative body limit": nil,
	} {
		t.Run(name, func(t *testing.T) {
			a, opts := &signup.Accounts{Store: memstore.New()}, &signup.HandlerOptions{}
			if change == nil {
				opts.MaxBodyBytes = -1
			} else {
				change(a)
			}
			defer func() {
				if recover() == nil {
					t.Error("NewHandler returned, want a panic")
				}
			}()
			signup.NewHandler(a, opts)
		})
	}
}
