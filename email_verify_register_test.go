package signup_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// mailOnlyAccounts returns Accounts that store nothing before the verification.
func mailOnlyAccounts() (*signup.Accounts, *outbox) {
	a, o := mailAccounts()
	a.EmailVerification = signup.VerifyBeforeRegistration
	return a, o
}

func registrationToken(t testing.TB, a *signup.Accounts, o *outbox) string {
	t.Helper()
	u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail})
	if err != nil || u.ID != "" || u.Email != adaEmail {
		t.Fatalf("Register returned %v, %v; want a user without ID, with the address, and nil", u, err)
	}
	return o.token(t, signup.PurposeRegister)
}

// A sign-up stores and hashes nothing. The account has the password and the data that
// come with the token, and a verified address.
func TestRegisterByMail(t *testing.T) {
	a, o := mailOnlyAccounts()
	hasher := &countingHasher{Bcrypt: cheap}
	a.Hasher = hasher
	a.Fields = []signup.ProfileField{{Name: "company"}, {Name: "role", ReadOnly: true}}
	if _, err := a.Register(t.Context(), signup.Registration{
		Email: " " + adaEmail, Password: "planted correct horse", FirstName: "Mallory", Profile: map[string]string{"company": "planted"},
	}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	token := o.token(t, signup.PurposeRegister)
	if n := len(snapshot(t, a.Store)); n != 0 || hasher.hashes.Load() != 0 {
		t.Fatalf("got %d users and %d hashes after the sign-up, want none", n, hasher.hashes.Load())
	}
	if p, u, err := a.PeekToken(t.Context(), token); err != nil || p != signup.PurposeRegister || u.ID != "" || u.Email != "ada@example.org" {
		t.Errorf("PeekToken returned %q, %v, %v; want %s, a user with the address alone, and nil", p, u, err, signup.PurposeRegister)
	}
	if _, err := a.VerifyEmail(t.Context(), token); err != signup.ErrToken {
		t.Errorf("VerifyEmail of a token without a user returned %v, want ErrToken", err)
	}
	start := now()
	r := signup.Registration{
		Email: "mallory@example.org", IdempotencyKey: "x", Password: goodPassword, FirstName: "Ada",
		Profile: map[string]string{"company": "Analytical Engines", "role": "admin"},
	}
	u, err := a.CompleteRegistration(t.Context(), token, r)
	if err != nil {
		t.Fatalf("CompleteRegistration returned %v, want nil", err)
	}
	if stored := getUser(t, a.Store, "ada@example.org"); !stored.Equal(u) || stored.Version != u.Version {
		t.Errorf("got %v, want the user as stored", u)
	}
	if u.Email != adaEmail || !u.Active || u.FirstName != "Ada" || len(u.Profile) != 1 || u.Profile["company"] != "Analytical Engines" ||
		u.EmailVerifiedAt.Before(start) || len(u.SecurityStamp) < 22 || u.CreatedAt.Before(start) || len(u.ID) != 26 {
		t.Errorf("got %#v, verified at %s; want the data of the call, the address of the mail, verified now", u, u.EmailVerifiedAt)
	}
	if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil {
		t.Errorf("Authenticate returned %v, want nil", err)
	}
	if _, err := a.Register(t.Context(), signup.Registration{Email: adaEmail}); !errors.Is(err, signup.ErrExists) {
		t.Errorf("Register of the same address returned %v, want ErrExists", err)
	}
	if mails := o.take(); len(mails) != 0 {
		t.Errorf("got the mails %v, want no more", mails)
	}
}

// The token works once. A repetition returns the user, and anything else is refused.
func TestCompleteRegistrationAgain(t *testing.T) {
	r := signup.Registration{Password: goodPassword, FirstName: "Ada"}
	for name, c := range map[string]struct {
		change func(*signup.Registration)
		happen func(t testing.TB, a *signup.Accounts, u signup.User)
		want   error
	}{
		"the same":             {nil, nil, nil},
		"another password":     {func(r *signup.Registration) { r.Password = newPassword }, nil, signup.ErrToken},
		"another name":         {func(r *signup.Registration) { r.FirstName = "Mallory" }, nil, signup.ErrToken},
		"after a change":       {nil, byUpdate(func(u *signup.User) { u.FirstName, u.UpdatedAt = "Augusta", u.UpdatedAt.Add(time.Second) }), nil},
		"after a deactivation": {nil, byUpdate(func(u *signup.User) { u.Active = false }), signup.ErrToken},
		"after a new password": {nil, func(t testing.TB, a *signup.Accounts, _ signup.User) {
			_, _ = a.SetPassword(t.Context(), adaEmail, newPassword)
		}, signup.ErrToken},
		"after another sign-up": {nil, func(t testing.TB, a *signup.Accounts, u signup.User) { remove(t, a, u); createAda(t, a.Store, nil) }, signup.ErrToken},
		"after a deletion":      {nil, remove, nil}, // the mail has shown that the address is the user's
		"of a placeholder":      {nil, byUpdate(func(u *signup.User) { u.Placeholder = true }), signup.ErrToken},
	} {
		a, o := mailOnlyAccounts()
		token := registrationToken(t, a, o)
		first, err := a.CompleteRegistration(t.Context(), token, r)
		if err != nil {
			t.Fatalf("%s: the first call returned %v, want nil", name, err)
		}
		if c.happen != nil {
			c.happen(t, a, first)
		}
		again := r
		if c.change != nil {
			c.change(&again)
		}
		before := snapshot(t, a.Store)
		u, err := a.CompleteRegistration(t.Context(), token, again)
		if err != c.want || (err == nil) != (u.ID == first.ID) {
			t.Errorf("%s: the second call returned %v, %v; want %v", name, u, err, c.want)
		}
		for id, v := range snapshot(t, a.Store) {
			if name != "after a deletion" && before[id].Version != v.Version {
				t.Errorf("%s: the second call changed the user, want no change", name)
			}
		}
	}
}

// If the registration isn't accepted, the token can still be used.
func TestCompleteRegistrationRefused(t *testing.T) {
	a, o := mailOnlyAccounts()
	token := registrationToken(t, a, o)
	for field, r := range map[string]signup.Registration{
		signup.FieldPassword:  {Password: "short"},
		signup.FieldFirstName: {Password: goodPassword, FirstName: "A\nda"},
	} {
		_, err := a.CompleteRegistration(t.Context(), token, r)
		var invalid *signup.ValidationError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != field {
			t.Errorf("got %v, want a *ValidationError of %s", err, field)
		}
	}
	_, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: "ada@example.org 1815"})
	var invalid *signup.ValidationError
	if !errors.As(err, &invalid) || invalid.Fields[0].Code != signup.CodeOwnNamePadded {
		t.Errorf("with the address as the password, got %v, want the code %s", err, signup.CodeOwnNamePadded)
	}
	if n := len(snapshot(t, a.Store)); n != 0 {
		t.Errorf("got %d users, want 0", n)
	}
	if _, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: goodPassword}); err != nil {
		t.Errorf("afterwards, got %v, want nil", err)
	}
}

// A token that isn't valid is refused without a hash.
func TestCompleteRegistrationAttacks(t *testing.T) {
	for name, attack := range map[string]func(t *testing.T, a *signup.Accounts, token string) string{
		"address taken since": func(t *testing.T, a *signup.Accounts, token string) string { createAda(t, a.Store, nil); return token },
		"placeholder since": func(t *testing.T, a *signup.Accounts, token string) string {
			createAda(t, a.Store, func(u *signup.User) { u.Placeholder = true })
			return token
		},
		"of a user": func(t *testing.T, a *signup.Accounts, _ string) string {
			return issued(t, a, signup.PurposeVerifyEmail, createAda(t, a.Store, nil))
		},
		"of a user, deleted": func(t *testing.T, a *signup.Accounts, _ string) string {
			u := createAda(t, a.Store, nil)
			defer remove(t, a, u)
			return issued(t, a, signup.PurposeVerifyEmail, u)
		},
		"for a reset": func(t *testing.T, a *signup.Accounts, _ string) string {
			return issued(t, a, signup.PurposeResetPassword, createAda(t, a.Store, nil))
		},
		"of another program": func(t *testing.T, _ *signup.Accounts, _ string) string {
			return issued(t, tokenAccounts("other"), signup.PurposeRegister, signup.User{Email: adaEmail})
		},
		"empty":   func(*testing.T, *signup.Accounts, string) string { return "" },
		"changed": func(_ *testing.T, _ *signup.Accounts, token string) string { return strings.ToLower(token) },
		"expired": func(_ *testing.T, _ *signup.Accounts, token string) string { time.Sleep(time.Hour); return token },
	} {
		synctest.Test(t, func(t *testing.T) {
			a, o := mailOnlyAccounts()
			hasher := &countingHasher{Bcrypt: cheap}
			a.Hasher = hasher
			token := attack(t, a, registrationToken(t, a, o))
			before := snapshot(t, a.Store)
			u, err := a.CompleteRegistration(t.Context(), token, signup.Registration{Password: newPassword})
			if err != signup.ErrToken || u.ID != "" || hasher.hashes.Load()+hasher.verifies.Load() != 0 {
				t.Errorf("%s: got %v, %v after %d hashes and %d checks; want no user and ErrToken after none", name, u, err, hasher.hashes.Load(), hasher.verifies.Load())
			}
			after := snapshot(t, a.Store)
			if len(after) != len(before) || after["ada"].Version != before["ada"].Version {
				t.Errorf("%s: the Store was changed, want no change", name)
			}
		})
	}
}

// Of 1000 concurrent calls with one token, each with a password of its own, one stores
// a user. So it is if each has got a mail of its own.
func TestCompleteRegistrationConcurrently(t *testing.T) {
	const calls = 1000
	for _, mails := range []int{1, 10} {
		a, o := mailOnlyAccounts()
		a.Hasher, a.Policy, a.HashLimits = plainHasher{}, signup.AnyPassword, signup.HashLimits{MaxConcurrent: calls}
		var tokens []string
		for range mails {
			tokens = append(tokens, registrationToken(t, a, o))
		}
		var created, refused atomic.Int64
		var winner atomic.Value
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for i := range calls {
			wg.Go(func() {
				<-begin
				r := signup.Registration{Password: goodPassword + strconv.Itoa(i)}
				_, err := a.CompleteRegistration(t.Context(), tokens[i%mails], r)
				for errors.Is(err, signup.ErrBusy) {
					_, err = a.CompleteRegistration(t.Context(), tokens[i%mails], r)
				}
				switch err {
				case nil:
					created.Add(1)
					winner.Store(r.Password)
				case signup.ErrToken:
					refused.Add(1)
				default:
					t.Errorf("got %v, want nil, ErrToken or ErrBusy", err)
				}
			})
		}
		close(begin)
		wg.Wait()
		u := getUser(t, a.Store, "ada@example.org")
		if password, _ := winner.Load().(string); created.Load() != 1 || refused.Load() != calls-1 || string([]byte(u.PasswordHash)) != "plain:"+password {
			t.Errorf("%d mails: got %d users and %d ErrToken, want 1 and %d, with the password of the success", mails, created.Load(), refused.Load(), calls-1)
		}
	}
}

// After an error of the Store at any of its calls, a repetition succeeds.
func TestCompleteRegistrationStoreFails(t *testing.T) {
	for _, failure := range []error{signup.ErrBusy, errors.New("connection refused"), context.DeadlineExceeded} {
		for n := 1; n <= 4; n++ {
			for _, made := range []bool{false, true} {
				a, o := mailOnlyAccounts()
				token := registrationToken(t, a, o)
				failing, calls := failAt(a.Store, n, made, failure)
				a.Store = failing
				r := signup.Registration{Password: goodPassword}
				u, err := a.CompleteRegistration(t.Context(), token, r)
				if *calls < n {
					continue
				}
				checkNoSecrets(t, err)
				if !errors.Is(err, failure) || u.ID != "" {
					t.Errorf("failing at call %d, got %v, %v; want no user and %v", n, u, err, failure)
				}
				if u, err := a.CompleteRegistration(t.Context(), token, r); err != nil || u.EmailVerifiedAt.IsZero() {
					t.Errorf("again, after a failure at call %d, got %v, %v; want the user and nil", n, u, err)
				}
			}
		}
	}
}

// Over HTTP, each free address gets the same response, and needs no password.
func TestHandlerRegistersByMail(t *testing.T) {
	a, o := mailOnlyAccounts()
	h := signup.NewHandler(a, quiet)
	const message = "Please open the link in the email that we have sent you."
	for _, body := range []string{adaBody, adaBody, `{"email_address": "bob@example.org"}`, `{"email_address": "bob@example.org", "password": "x", "first_name": "A\nb"}`} {
		if got := checkPlain(t, post(h, body), http.StatusAccepted); got.Message != message {
			t.Errorf("got the message %q, want %q", got.Message, message)
		}
		token := o.token(t, signup.PurposeRegister)
		if n := len(snapshot(t, a.Store)); n != 0 {
			t.Fatalf("got %d users after %q, want 0", n, message)
		}
		if body != adaBody {
			continue
		}
		if _, _, err := a.PeekToken(t.Context(), token); err != nil {
			t.Errorf("PeekToken returned %v, want nil", err)
		}
	}
	checkPlain(t, post(h, `{"email_address": "ada"}`), http.StatusBadRequest)
	checkPlain(t, post(h, `{}`), http.StatusBadRequest)
	createAda(t, a.Store, nil)
	checkPlain(t, post(h, adaBody), http.StatusConflict)
	if mails := o.take(); len(mails) != 0 {
		t.Errorf("got the mails %v for refused requests, want none", mails)
	}
	o.fail = func(context.Context) error { return &mailboxError{"user unknown"} }
	log, logged := newLog(t)
	h = signup.NewHandler(a, &signup.HandlerOptions{Logger: log})
	checkPlain(t, post(h, `{"email_address": "bob@example.org"}`), http.StatusInternalServerError)
	if text := logged.String(); strings.Contains(text, "xample") || !strings.Contains(text, "register") {
		t.Error("got a log with an address, or without the purpose; want the purpose alone")
	}
	o.fail = func(context.Context) error { return signup.ErrBusy }
	if res := post(h, `{"email_address": "bob@example.org"}`); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("with a full queue, got the status %d, want 503", res.StatusCode)
	}
}

// If the Store fails, a sign-up by mail sends nothing.
func TestRegisterByMailStoreFails(t *testing.T) {
	a, o := mailOnlyAccounts()
	failure := errors.New("connection refused")
	a.Store = fakestore.Store{Store: memstore.New(), OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, failure }}
	if _, err := a.Register(t.Context(), signup.Registration{Email: adaEmail}); !errors.Is(err, failure) || len(o.take()) != 0 {
		t.Errorf("Register returned %v or sent a mail, want the Store's error and none", err)
	}
}
