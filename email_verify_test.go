package signup_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

var verifyCall = sendCalls[0]

// A verification sets EmailVerifiedAt and UpdatedAt, once. A second use of the token,
// and the use of another one, change nothing.
func TestVerifyEmail(t *testing.T) {
	a, o := mailAccounts()
	before := createAda(t, a.Store, nil)
	first, second := verifyCall.mailed(t, a, o), verifyCall.mailed(t, a, o)
	start := now()
	u, err := a.VerifyEmail(t.Context(), first)
	if err != nil || u.EmailVerifiedAt.Before(start) || u.EmailVerifiedAt.Nanosecond()%1e6 != 0 || u.UpdatedAt.Before(start) {
		t.Fatalf("got %v, verified at %s, %v; want the present time to the millisecond, and nil", u, u.EmailVerifiedAt, err)
	}
	before.EmailVerifiedAt, before.UpdatedAt = u.EmailVerifiedAt, u.UpdatedAt
	if stored := getUser(t, a.Store, before.Key()); !u.Equal(before) || !stored.Equal(u) || stored.Version != u.Version {
		t.Errorf("got %v, want the user as stored, with no other change", u)
	}
	for name, token := range map[string]string{"the same token": first, "another token": second} {
		if again, err := a.VerifyEmail(t.Context(), token); err != nil || !again.Equal(u) || again.Version != u.Version {
			t.Errorf("with %s, a second use returned %v, %v; want the user unchanged and nil", name, again, err)
		}
	}
	if err := a.SendEmailVerification(t.Context(), adaEmail, signup.Client{}); err != nil || len(o.take()) != 0 {
		t.Errorf("SendEmailVerification afterwards returned %v or sent a mail, want nil and none", err)
	}
}

// A used token is refused as soon as the state that it was for has gone.
func TestVerifyEmailSecondUse(t *testing.T) {
	for _, l := range laters {
		if strings.Contains(l.name, "verified") {
			continue
		}
		a, o := mailAccounts()
		token := verifyCall.mailed(t, a, o.withUser(t, a))
		if _, err := a.VerifyEmail(t.Context(), token); err != nil {
			t.Fatalf("the first use returned %v, want nil", err)
		}
		l.happen(t, a, getUser(t, a.Store, "ada@example.org"))
		before := snapshot(t, a.Store)
		u, err := a.VerifyEmail(t.Context(), token)
		if l.verify && (err != nil || u.EmailVerifiedAt.IsZero()) || !l.verify && (err != signup.ErrToken || u.ID != "") {
			t.Errorf("after %s, the second use returned %v, %v; want success: %t, otherwise ErrToken", l.name, u, err, l.verify)
		}
		for id, v := range snapshot(t, a.Store) {
			if before[id].Version != v.Version {
				t.Errorf("after %s, the second use changed a user, want no change", l.name)
			}
		}
	}
}

// All of 1000 concurrent uses of one token succeed, and one of them changes the user.
func TestVerifyEmailConcurrently(t *testing.T) {
	a, o := mailAccounts()
	before := createAda(t, a.Store, nil)
	token := verifyCall.mailed(t, a, o)
	memory := a.Store
	var updates atomic.Int64
	a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		err := memory.Update(ctx, u)
		if err == nil {
			updates.Add(1)
		}
		return err
	}}
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range 1000 {
		wg.Go(func() {
			<-begin
			if u, err := a.VerifyEmail(t.Context(), token); err != nil || u.ID != before.ID || u.EmailVerifiedAt.IsZero() {
				t.Errorf("got %v, %v; want the user, verified, and nil", u, err)
			}
		})
	}
	close(begin)
	wg.Wait()
	if n := updates.Load(); n != 1 {
		t.Errorf("got %d changes of the user, want 1", n)
	}
}

// Before the address is verified, a log-in is refused: with the right password by an
// error of its own, otherwise as ever.
func TestLogInUnverified(t *testing.T) {
	for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration} {
		a, o := mailAccounts()
		a.EmailVerification = mode
		hasher := &countingHasher{Bcrypt: cheap}
		a.Hasher = hasher
		createAda(t, a.Store, nil)
		createAda(t, a.Store, func(u *signup.User) { u.ID, u.Email, u.EmailVerifiedAt = "bob", "bob@example.org", u.CreatedAt })
		calls := map[string]func(password string) error{
			"Authenticate": func(password string) error { _, err := a.Authenticate(t.Context(), adaEmail, password); return err },
			"ChangePassword": func(password string) error {
				_, err := a.ChangePassword(t.Context(), adaEmail, password, newPassword)
				return err
			},
		}
		for name, call := range calls {
			if mode != signup.VerifyNever {
				if err := call(goodPassword); err != signup.ErrUnverified {
					t.Errorf("%d: %s with the right password returned %v, want ErrUnverified", mode, name, err)
				}
			}
			hasher.verifies.Store(0)
			if err := call("wrong correct horse"); err != signup.ErrBadCredentials {
				t.Errorf("%d: %s with a wrong password returned %v, want ErrBadCredentials", mode, name, err)
			}
			unverified := hasher.verifies.Swap(0)
			if _, err := a.Authenticate(t.Context(), "bob@example.org", "wrong correct horse"); err != signup.ErrBadCredentials {
				t.Errorf("%d: Authenticate of a verified user returned %v, want ErrBadCredentials", mode, err)
			}
			if verified := hasher.verifies.Load(); unverified != verified {
				t.Errorf("%d: %s made %d checks of a hash, and %d for a verified user; want as many", mode, name, unverified, verified)
			}
		}
		if _, err := a.VerifyEmail(t.Context(), verifyCall.mailed(t, a, o)); err != nil {
			t.Errorf("%d: VerifyEmail returned %v, want nil", mode, err)
		}
		for _, name := range []string{"Authenticate", "ChangePassword"} {
			if err := calls[name](goodPassword); err != nil {
				t.Errorf("%d: afterwards, %s returned %v, want nil", mode, name, err)
			}
		}
	}
}

// With VerifyBeforeLogIn, a sign-up stores the user and sends a mail, also when it is
// repeated, until the address is verified.
func TestRegisterBeforeLogIn(t *testing.T) {
	a, o := mailAccounts()
	a.EmailVerification = signup.VerifyBeforeLogIn
	h, login := signup.NewHandler(a, quiet), signup.NewLoginHandler(a, nil, quiet)
	keyed := func() *http.Response {
		r := signUp(strings.NewReader(adaBody))
		r.Header.Set("Idempotency-Key", "correct-horse-key-1815")
		return send(h, r)
	}
	if got := checkPlain(t, keyed(), http.StatusOK); got.Message != "'"+adaEmail+"' added successfully!" {
		t.Errorf("got the message %q, want the tutorial's", got.Message)
	}
	first := o.token(t, signup.PurposeVerifyEmail)
	checkPlain(t, keyed(), http.StatusOK)
	o.token(t, signup.PurposeVerifyEmail) // again, as the first mail may be lost
	checkPlain(t, post(h, adaBody), http.StatusConflict)
	checkPlain(t, post(h, `{"email_address": "bob@example.org", "password": "short"}`), http.StatusBadRequest)
	if got := checkPlain(t, post(login, adaBody), http.StatusForbidden); !strings.Contains(got.Message, "verify") {
		t.Errorf("got the message %q to an unverified log-in, want the reason", got.Message)
	}
	checkPlain(t, post(login, strings.Replace(adaBody, "correct", "wrong", 1)), http.StatusBadRequest)
	if mails := o.take(); len(mails) != 0 {
		t.Errorf("got the mails %v for refused requests, want none", mails)
	}
	if _, err := a.VerifyEmail(t.Context(), first); err != nil {
		t.Errorf("VerifyEmail returned %v, want nil", err)
	}
	checkPlain(t, post(login, adaBody), http.StatusOK)
	checkPlain(t, keyed(), http.StatusOK)
	if mails := o.take(); len(mails) != 0 {
		t.Errorf("got the mails %v for a verified user, want none", mails)
	}
}

// Without verification, a sign-up sends nothing.
func TestRegisterVerifyNever(t *testing.T) {
	a, o := mailAccounts()
	checkPlain(t, post(signup.NewHandler(a, quiet), adaBody), http.StatusOK)
	if u, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil || !u.EmailVerifiedAt.IsZero() || len(o.take()) != 0 {
		t.Errorf("got %v, verified at %s, %v, or a mail; want the user, unverified, nil and no mail", u, u.EmailVerifiedAt, err)
	}
}

// The tokens of the mails do nothing for each other's calls.
func TestMailedTokenOfOtherCall(t *testing.T) {
	a, o := mailAccounts()
	token := resetCall.mailed(t, a, o.withUser(t, a))
	if _, err := a.VerifyEmail(t.Context(), token); !errors.Is(err, signup.ErrToken) {
		t.Errorf("VerifyEmail with a token for a reset returned %v, want ErrToken", err)
	}
	verified := createAda(t, a.Store, func(u *signup.User) { u.ID, u.Email, u.EmailVerifiedAt = "bob", "bob@example.org", u.CreatedAt })
	for p := range userPurposes {
		if p == signup.PurposeVerifyEmail {
			continue
		}
		if u, err := a.VerifyEmail(t.Context(), issued(t, a, p, verified)); err != signup.ErrToken || u.ID != "" {
			t.Errorf("VerifyEmail with a token for %s of a verified user returned %v, %v; want no user and ErrToken", p, u, err)
		}
	}
	token = verifyCall.mailed(t, a, o)
	if _, err := a.ResetPassword(t.Context(), token, newPassword); !errors.Is(err, signup.ErrToken) {
		t.Errorf("ResetPassword with a token for a verification returned %v, want ErrToken", err)
	}
	if _, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: newPassword}); !errors.Is(err, signup.ErrToken) {
		t.Errorf("CompleteRegistration with a token for a user returned %v, want ErrToken", err)
	}
}
