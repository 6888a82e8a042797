package integration

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Of many uses of one token at once, through two Stores, one takes effect.
func TestAccountToken(t *testing.T) {
	s := plainServer(t)
	t.Run("ResetPassword", func(t *testing.T) { testResetAtOnce(t, newPair(t, s, true)) })
	t.Run("VerifyEmail", func(t *testing.T) { testVerifyAtOnce(t, newPair(t, s, true)) })
	t.Run("CompleteRegistration", func(t *testing.T) { testCompleteAtOnce(t, newPair(t, s, true)) })
}

const tokenUses = 200

func testResetAtOnce(t *testing.T, p *pair) {
	u := p.register(t, "ada@example.org", "correct horse battery")
	if err := p.accounts[0].SendPasswordReset(t.Context(), u.Email, signup.Client{}); err != nil {
		t.Fatalf("SendPasswordReset returned %v, want nil", err)
	}
	token, before := p.boxes[0].take(u.Email), p.wrote.Load()
	checkOneUse(t, p, u.Email, tokenUses, func(ctx context.Context, a *signup.Accounts, i int) error {
		_, err := a.ResetPassword(ctx, token, password(i))
		return err
	})
	if n := p.wrote.Load() - before; n != 1 {
		t.Errorf("got %d writes, want 1", n)
	}
}

func testCompleteAtOnce(t *testing.T, p *pair) {
	p.accounts[0].EmailVerification = signup.VerifyBeforeRegistration
	const address = "ada@example.org"
	p.register(t, address, "")
	token := p.boxes[0].take(address)
	// Each of the others makes sure that the user is durable, by a write of its own.
	checkOneUse(t, p, address, tokenUses/4, func(ctx context.Context, a *signup.Accounts, i int) error {
		_, err := a.CompleteRegistration(ctx, token, signup.Registration{Password: password(i)})
		return err
	})
}

// checkOneUse makes uses of one token at once, each with a password of its own. One of
// them succeeds, and its password is the user's.
func checkOneUse(t *testing.T, p *pair, address string, uses int, use func(ctx context.Context, a *signup.Accounts, i int) error) {
	t.Helper()
	errs := atOnce(uses, func(i int) error { return use(t.Context(), p.accounts[i%2], i) })
	if n := counts(errs); n[nil] != 1 || n[signup.ErrToken] != uses-1 {
		t.Errorf("got the errors %v, want 1 nil and %d ErrToken", n, uses-1)
	}
	for i, err := range errs {
		want := signup.ErrBadCredentials
		if err == nil {
			want = nil
		}
		if i%20 != 0 && err != nil {
			continue // a log-in costs a hash
		}
		if _, got := p.accounts[(i+1)%2].Authenticate(t.Context(), address, password(i)); got != want {
			t.Errorf("the use %d returned %v, and a log-in with its password %v, want %v", i, err, got, want)
		}
	}
}

// Each use of a token for VerifyEmail returns the user as the first one has stored them.
func testVerifyAtOnce(t *testing.T, p *pair) {
	u := p.register(t, "ada@example.org", "correct horse battery")
	if err := p.accounts[1].SendEmailVerification(t.Context(), u.Email, signup.Client{}); err != nil {
		t.Fatalf("SendEmailVerification returned %v, want nil", err)
	}
	token := p.boxes[1].take(u.Email)
	before := p.wrote.Load()
	var mu sync.Mutex
	verified := map[time.Time]int{}
	errs := atOnce(tokenUses, func(i int) error {
		u, err := p.accounts[i%2].VerifyEmail(t.Context(), token)
		mu.Lock()
		defer mu.Unlock()
		verified[u.EmailVerifiedAt]++
		return err
	})
	if n := counts(errs); n[nil] != tokenUses || len(verified) != 1 || verified[time.Time{}] != 0 {
		t.Errorf("got the errors %v and %d times of verification, want %d nil and 1 time", n, len(verified), tokenUses)
	}
	if n := p.wrote.Load() - before; n != 1 {
		t.Errorf("got %d writes, want 1", n)
	}
	// A new stamp voids it.
	if err := p.accounts[0].EndAllSessions(t.Context(), u.Email); err != nil {
		t.Fatalf("EndAllSessions returned %v, want nil", err)
	}
	if n := counts(atOnce(tokenUses, func(i int) error {
		_, err := p.accounts[i%2].VerifyEmail(t.Context(), token)
		return err
	})); n[signup.ErrToken] != tokenUses {
		t.Errorf("after EndAllSessions, got the errors %v, want %d ErrToken", n, tokenUses)
	}
	t.Attr("token", fmt.Sprintf("%d uses at once through two Stores: 1 write", tokenUses))
}
