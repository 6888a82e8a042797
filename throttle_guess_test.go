package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// A guess is counted before the password is compared. A success takes all back that was
// counted, and a failure for another reason takes itself back.
func TestGuessCounted(t *testing.T) {
	for _, g := range guesses {
		a, tr, s := tracedAda(t, nil)
		guess := func(password string) (calls string, err error) {
			calls = tr.of(func() { err = g.call(a, s, password) })
			return calls, err
		}
		for range 2 {
			if calls, err := guess(wrongPassword); !errors.Is(err, signup.ErrBadCredentials) || calls != g.wrong {
				t.Errorf("%s with a wrong password returned %v after %q, want ErrBadCredentials after %q", g.name, err, calls, g.wrong)
			}
		}
		want := strings.Replace(g.right, "-1", "-3", 1)
		if calls, err := guess(goodPassword); err != nil || calls != want {
			t.Errorf("%s with the right password, after 2 wrong ones, returned %v after %q, want nil after %q", g.name, err, calls, want)
		}
		for name := range tr.names {
			if len(name) != 32 || strings.Trim(name, "0123456789abcdef") != "" {
				t.Errorf("%s counted under %q, want 32 hexadecimal digits", g.name, name)
			}
		}
	}
}

func TestGuessFailed(t *testing.T) {
	failure := errors.New("the disk is full")
	a, tr, s := tracedAda(t, nil)
	tr.failUpdate = failure
	var err error
	if calls := tr.of(func() { err = guesses[1].call(a, s, goodPassword) }); !errors.Is(err, failure) || calls != "get +1 hash update -1" {
		t.Errorf("LogIn with a Store that fails returned %v after %q, want its error after %q", err, calls, "get +1 hash update -1")
	}
	tr.failUpdate = nil

	// Canceled between the count and the hash.
	ctx, cancel := context.WithCancel(t.Context())
	memory := tr.counter
	tr.counter = counterFunc(func(ctx context.Context, name string, n int, window time.Duration) (int, error) {
		defer cancel()
		return memory.Add(ctx, name, n, window)
	})
	calls := tr.of(func() { _, err = a.Authenticate(ctx, adaEmail, goodPassword) })
	if !errors.Is(err, context.Canceled) || calls != "get +1 -1" {
		t.Errorf("a canceled Authenticate returned %v after %q, want context.Canceled after %q", err, calls, "get +1 -1")
	}

	tr.counter = memory
	if calls := tr.of(func() { _, err = a.Authenticate(t.Context(), adaEmail, goodPassword) }); err != nil || !strings.HasSuffix(calls, "-1") {
		t.Errorf("the next Authenticate returned %v after %q, want nil, and -1 at the end", err, calls)
	}

	// Another refusal may say that the password was right.
	_ = guesses[0].call(a, s, wrongPassword)
	other := adaRepeated(goodPassword)
	other.FirstName = "Augusta"
	calls = tr.of(func() { _, err = a.Register(t.Context(), other) })
	if !errors.Is(err, signup.ErrIdempotencyKeyReused) || errors.Is(err, signup.ErrBadCredentials) || !strings.HasSuffix(calls, "-2") {
		t.Errorf("Register with other data returned %v after %q, want only ErrIdempotencyKeyReused, and -2 at the end", err, calls)
	}

	for _, g := range guesses[:2] {
		a, tr, s := tracedAda(t, nil)
		_ = g.call(a, s, wrongPassword)
		b := &signup.Accounts{Store: a.Store, Counter: a.Counter, Hasher: a.Hasher, Secrets: a.Secrets, Send: a.Send, EmailVerification: signup.VerifyBeforeLogIn}
		calls := tr.of(func() { err = g.call(b, s, goodPassword) })
		if err != signup.ErrUnverified || !strings.HasSuffix(calls, "-2") {
			t.Errorf("%s of an unverified user returned %v after %q, want ErrUnverified, and -2 at the end", g.name, err, calls)
		}
	}
}

// Over the limit, the right password has the result and the work of a wrong one, and
// other users aren't affected. When the window ends, it is accepted again.
func TestThrottledLooksWrong(t *testing.T) {
	for _, g := range guesses {
		synctest.Test(t, func(t *testing.T) {
			a, tr, s := tracedAda(t, func(a *signup.Accounts) { a.Limits.Window = time.Hour })
			if _, err := a.Register(t.Context(), signup.Registration{Email: "bob@example.org", Password: goodPassword}); err != nil {
				t.Fatalf("Register returned %v, want nil", err)
			}
			var err error
			for range 20 {
				err = g.call(a, s, wrongPassword)
			}
			for _, password := range []string{goodPassword, wrongPassword, goodPassword} {
				var throttled error
				calls := tr.of(func() { throttled = g.call(a, s, password) })
				if throttled == nil || throttled.Error() != err.Error() || !errors.Is(throttled, signup.ErrBadCredentials) || calls != g.wrong {
					t.Errorf("%s over the limit returned %v after %q, want %v after %q", g.name, throttled, calls, err, g.wrong)
				}
			}
			if _, err := a.Authenticate(t.Context(), "bob@example.org", goodPassword); err != nil {
				t.Errorf("after too many guesses at another user, Authenticate returned %v, want nil", err)
			}
			time.Sleep(time.Hour)
			if err := g.call(a, s, goodPassword); err != nil {
				t.Errorf("%s after the window returned %v, want nil", g.name, err)
			}
		})
	}
}

// The calls without a known device have one limit together, and a new password begins
// a new count.
func TestThrottledTogether(t *testing.T) {
	a, _, s := tracedAda(t, nil)
	guesses := []guess{guesses[0], guesses[1], guesses[4], guesses[5]}
	for i := range 20 {
		_ = guesses[i%len(guesses)].call(a, s, wrongPassword)
	}
	for _, g := range guesses {
		if err := g.call(a, s, goodPassword); !errors.Is(err, signup.ErrBadCredentials) {
			t.Errorf("%s after 20 failures of all calls returned %v, want ErrBadCredentials", g.name, err)
		}
	}
	if _, err := a.SetPassword(t.Context(), adaEmail, newPassword); err != nil {
		t.Fatalf("SetPassword returned %v, want nil", err)
	}
	if _, err := a.Authenticate(t.Context(), adaEmail, newPassword); err != nil {
		t.Errorf("Authenticate with a new password returned %v, want nil", err)
	}
}

// A repetition of CompleteRegistration is a guess as well.
func TestThrottledCompletion(t *testing.T) {
	a, tr := traced()
	a.EmailVerification = signup.VerifyBeforeRegistration
	if _, err := a.Register(t.Context(), signup.Registration{Email: adaEmail}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	token := tr.token(t, signup.PurposeRegister)
	complete := func(password string) error {
		_, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: password})
		return err
	}
	for range 2 {
		if err := complete(goodPassword); err != nil {
			t.Fatalf("CompleteRegistration returned %v, want nil", err)
		}
	}
	for range 20 {
		if err := complete(wrongPassword); err != signup.ErrToken {
			t.Errorf("CompleteRegistration with a wrong password returned %v, want ErrToken", err)
		}
	}
	for name, err := range map[string]error{"CompleteRegistration": complete(goodPassword), "Authenticate": guesses[0].call(a, signup.Session{}, goodPassword)} {
		if err != signup.ErrToken && err != signup.ErrBadCredentials {
			t.Errorf("%s over the limit returned %v, want a refusal", name, err)
		}
	}
}
