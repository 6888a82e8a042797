package signup_test

import (
	"context"
	"errors"
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

// A mailedLogIn is what SendLogIn has returned and sent.
type mailedLogIn struct{ challenge, token, code string }

// logInWays are the two ways to use it.
var logInWays = []struct {
	name string
	use  func(ctx context.Context, a *signup.Accounts, l mailedLogIn, c signup.Client) (signup.Session, error)
}{
	{"LogInByToken", func(ctx context.Context, a *signup.Accounts, l mailedLogIn, c signup.Client) (signup.Session, error) {
		return a.LogInByToken(ctx, l.token, c)
	}},
	{"LogInByCode", func(ctx context.Context, a *signup.Accounts, l mailedLogIn, c signup.Client) (signup.Session, error) {
		return a.LogInByCode(ctx, l.challenge, l.code, c)
	}},
}

// logInAccounts returns Accounts that can send mails, with the user of adaEmail.
func logInAccounts(t testing.TB) (*signup.Accounts, *outbox) {
	t.Helper()
	a, o := mailAccounts()
	createAda(t, a.Store, func(u *signup.User) { u.Private = "" })
	return a, o
}

// logInFor calls SendLogIn for the address of a user.
func (o *outbox) logInFor(t testing.TB, a *signup.Accounts, email string) mailedLogIn {
	t.Helper()
	challenge, err := a.SendLogIn(t.Context(), email, signup.Client{})
	mails := o.take()
	if err != nil || challenge == "" || len(mails) != 1 {
		t.Fatalf("SendLogIn returned a challenge of %d characters, %v, and sent %d mails; want a challenge, nil, 1", len(challenge), err, len(mails))
	}
	return mailedLogIn{challenge, mails[0].Token, mails[0].Code}
}

// wantNoLogIn reports if l logs a user in, or if a refusal changes a user.
func wantNoLogIn(t testing.TB, what string, a *signup.Accounts, l mailedLogIn) {
	t.Helper()
	before := snapshot(t, a.Store)
	for _, way := range logInWays {
		if s, err := way.use(t.Context(), a, l, signup.Client{}); err != signup.ErrToken || s != (signup.Session{}) {
			t.Errorf("%s: %s returned %v, %v; want the zero Session, ErrToken", what, way.name, s, err)
		}
	}
	for id, u := range snapshot(t, a.Store) {
		if before[id].Version != u.Version {
			t.Errorf("%s: a refused log-in changed a user, want no change", what)
		}
	}
}

func TestSendLogIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, o := logInAccounts(t)
		before := getUser(t, a.Store, "ada@example.org")
		challenge, err := a.SendLogIn(t.Context(), " ADA@example.ORG", signup.Client{})
		mails := o.take()
		if err != nil || len(mails) != 1 {
			t.Fatalf("SendLogIn returned %v and sent %d mails, want nil and 1", err, len(mails))
		}
		m := mails[0]
		expires := time.Now().UTC().Add(time.Hour)
		if m.To != adaEmail || m.Purpose != signup.PurposeLogIn || m.Notice != "" || !m.Expires.Equal(expires) || !m.User.Equal(before) {
			t.Errorf("got the mail %v, to the stored address: %t, until %s; want one to it, for log_in, until %s", m, m.To == adaEmail, m.Expires, expires)
		}
		if len(m.Code) != 8 || strings.Trim(m.Code, "0123456789BCDFGHJKMNPQRSTVWXYZ") != "" {
			t.Errorf("got a code of %d characters, want 8 of 0-9 and letters", len(m.Code))
		}
		if len(challenge) > 110 || strings.Contains(challenge, m.Code) || challenge == m.Token {
			t.Errorf("got a challenge of %d characters, the token: %t; want at most 110, another text, without the code", len(challenge), challenge == m.Token)
		}
		if p, u, err := a.PeekToken(t.Context(), m.Token); err != nil || p != signup.PurposeLogIn || !u.Equal(before) {
			t.Errorf("PeekToken returned %q, %v, %v; want log_in and the user", p, u, err)
		}
		if _, _, err := a.PeekToken(t.Context(), challenge); err != signup.ErrToken {
			t.Errorf("PeekToken of the challenge returned %v, want ErrToken", err)
		}
		if after := getUser(t, a.Store, before.Key()); after.Version != before.Version {
			t.Error("the user was changed, want no change")
		}
	})
}

// An address without an active user gets no mail, and a challenge of the same form.
func TestSendLogInToUnknown(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"unknown":     nil,
		"inactive":    func(u *signup.User) { u.Active = false },
		"placeholder": func(u *signup.User) { u.Placeholder = true },
	} {
		a, o := mailAccounts()
		stored(t, a, "bob@example.org")
		if change != nil {
			createAda(t, a.Store, change)
		}
		known := o.logInFor(t, a, "bob@example.org")
		store := &callStore{Store: a.Store}
		a.Store = store
		lengths := map[int]bool{}
		for range 20 {
			challenge, err := a.SendLogIn(t.Context(), "ada@example.org", signup.Client{})
			lengths[len(challenge)] = true
			if err != nil || len(o.take()) != 0 || strings.Trim(challenge, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
				t.Fatalf("%s: SendLogIn returned %v, or sent a mail, or other characters; want nil and none", name, err)
			}
			if _, err := a.LogInByCode(t.Context(), challenge, known.code, signup.Client{}); err != signup.ErrToken {
				t.Errorf("%s: LogInByCode returned %v, want ErrToken", name, err)
			}
		}
		if len(lengths) != 1 || !lengths[len(known.challenge)] {
			t.Errorf("%s: got challenges of the lengths %v, want %d, as for a user with an address as long", name, lengths, len(known.challenge))
		}
		if store.gets != 20 || store.updates != 0 {
			t.Errorf("%s: got %d Gets and %d Updates, want 20 and 0", name, store.gets, store.updates)
		}
	}
}

func TestSendLogInFails(t *testing.T) {
	a, o := logInAccounts(t)
	for _, email := range []string{"", "ada", "ada@example.org\nbob@example.org", strings.Repeat("a", 1<<20) + "@example.org"} {
		var invalid *signup.ValidationError
		if challenge, err := a.SendLogIn(t.Context(), email, signup.Client{}); !errors.As(err, &invalid) || challenge != "" {
			t.Errorf("SendLogIn(%.50q) returned %v, want a *ValidationError", email, err)
		}
	}
	o.fail = func(context.Context) error { return &mailboxError{"mailbox full"} }
	challenge, err := a.SendLogIn(t.Context(), adaEmail, signup.Client{})
	var mailbox *mailboxError
	if !errors.As(err, &mailbox) || challenge != "" {
		t.Errorf("with a failing Send, SendLogIn returned %v, want its error and no challenge", err)
	}
	checkNoSecrets(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.SendLogIn(ctx, adaEmail, signup.Client{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled, SendLogIn returned %v, want context.Canceled", err)
	}
	a.Store = fakestore.Store{Store: memstore.New(), OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, signup.ErrBusy }}
	if _, err := a.SendLogIn(t.Context(), adaEmail, signup.Client{}); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("with a busy Store, SendLogIn returned %v, want ErrBusy", err)
	}
	for name, b := range map[string]*signup.Accounts{
		"Send": tokenAccounts("first"), "Secrets": {Store: memstore.New(), Send: o.send},
	} {
		if _, err := b.SendLogIn(t.Context(), adaEmail, signup.Client{}); !errors.Is(err, signup.ErrNotConfigured) {
			t.Errorf("without %s, SendLogIn returned %v, want ErrNotConfigured", name, err)
		}
	}
	b := newAccounts()
	for _, way := range logInWays {
		if _, err := way.use(t.Context(), b, mailedLogIn{}, signup.Client{}); !errors.Is(err, signup.ErrNotConfigured) {
			t.Errorf("without Secrets, %s returned %v, want ErrNotConfigured", way.name, err)
		}
	}
}

// A log-in by mail is recorded, verifies the address, and makes a Session like LogIn.
func TestLogInByMail(t *testing.T) {
	for _, way := range logInWays {
		for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration} {
			a, o := mailAccounts()
			a.EmailVerification = mode
			before := createAda(t, a.Store, func(u *signup.User) { u.Private, u.PasswordHash, u.SecurityStamp = `{"other":[1]}`, "", "" })
			store := &callStore{Store: a.Store}
			begin := now()
			l := o.logInFor(t, a, adaEmail)
			a.Store = store
			s, err := way.use(t.Context(), a, l, signup.Client{Label: "Firefox on Linux"})
			if err != nil {
				t.Fatalf("%s returned %v, want nil", way.name, err)
			}
			if store.gets != 1 || store.updates != 1 {
				t.Errorf("%s: got %d Gets and %d Updates, want one of each", way.name, store.gets, store.updates)
			}
			u, err := a.Resume(t.Context(), s)
			if err != nil || s.Key != before.Key() || s.ID != before.ID || s.Stamp == "" || s.By != signup.ByEmail || s.At.Before(begin) {
				t.Errorf("%s returned %v by %d at %s, and Resume %v; want the user's Session, by %d, now, and nil", way.name, s, s.By, s.At, err, signup.ByEmail)
			}
			if u.EmailVerifiedAt.Before(begin) || !strings.Contains(string(u.Private), `"link_log_ins":1`) || !strings.Contains(string(u.Private), `"other":[1]`) {
				t.Errorf("%s: got EmailVerifiedAt %s, want now, with the log-in counted and unknown members kept", way.name, u.EmailVerifiedAt)
			}
			if list, err := a.Devices(t.Context(), s); err != nil || len(list) != 1 || list[0].Label != "Firefox on Linux" || !list[0].Current {
				t.Errorf("%s: Devices returned %v, %v; want the device of the log-in", way.name, list, err)
			}
			wantNoLogIn(t, way.name+", replayed", &signup.Accounts{Store: store.Store, Secrets: a.Secrets}, l)

			// A device cookie makes the device known at the next one. The address stays verified.
			cookie := a.DeviceCookie(s)
			again, err := way.use(t.Context(), a, o.logInFor(t, a, adaEmail), signup.Client{Cookie: cookie})
			if err != nil || again.Device != s.Device || again.Stamp != s.Stamp {
				t.Errorf("%s with the cookie returned %v, %v; want the same device and stamp", way.name, again, err)
			}
			if v, err := a.Resume(t.Context(), s); err != nil || !v.EmailVerifiedAt.Equal(u.EmailVerifiedAt) {
				t.Errorf("%s: Resume returned %v, with EmailVerifiedAt %s; want nil and %s", way.name, err, v.EmailVerifiedAt, u.EmailVerifiedAt)
			}
		}
	}
}

// One use, by token or by code, voids all that was sent before.
func TestLogInByMailOnce(t *testing.T) {
	for _, way := range logInWays {
		a, o := logInAccounts(t)
		first, second := o.logInFor(t, a, adaEmail), o.logInFor(t, a, adaEmail)
		if first.code == second.code || first.challenge == second.challenge {
			t.Error("two mails have the same code or challenge, want others")
		}
		if _, err := way.use(t.Context(), a, first, signup.Client{}); err != nil {
			t.Fatalf("%s returned %v, want nil", way.name, err)
		}
		wantNoLogIn(t, "after "+way.name, a, first)
		wantNoLogIn(t, "of another mail, after "+way.name, a, second)
	}
}

// What has happened to the user since the mail decides, as for other tokens.
func TestLogInByMailLater(t *testing.T) {
	for _, l := range laters {
		if l.name == "a change of Private" { // it would be malformed
			continue
		}
		for _, way := range logInWays {
			a, o := logInAccounts(t)
			mailed := o.logInFor(t, a, adaEmail)
			l.happen(t, a, getUser(t, a.Store, "ada@example.org"))
			if !l.reset { // as for a reset: only the state of the user counts
				wantNoLogIn(t, "after "+l.name, a, mailed)
				continue
			}
			if s, err := way.use(t.Context(), a, mailed, signup.Client{}); err != nil || s.ID != "ada" {
				t.Errorf("%s after %s returned %v, %v; want a Session and nil", way.name, l.name, s, err)
			}
		}
	}
}

// A log-in by password in between, and looks at the token, change nothing.
func TestLogInByMailPeeked(t *testing.T) {
	for _, way := range logInWays {
		a, o := logInAccounts(t)
		l := o.logInFor(t, a, adaEmail)
		if _, err := a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
			t.Fatalf("LogIn returned %v, want nil", err)
		}
		before := getUser(t, a.Store, "ada@example.org")
		for range 100 {
			if p, _, err := a.PeekToken(t.Context(), l.token); p != signup.PurposeLogIn || err != nil {
				t.Fatalf("PeekToken returned %q, %v; want log_in, nil", p, err)
			}
		}
		if after := getUser(t, a.Store, "ada@example.org"); after.Version != before.Version {
			t.Error("PeekToken changed the user, want no change")
		}
		if _, err := way.use(t.Context(), a, l, signup.Client{}); err != nil {
			t.Errorf("%s returned %v, want nil", way.name, err)
		}
		if _, _, err := a.PeekToken(t.Context(), l.token); err != signup.ErrToken {
			t.Errorf("after %s, PeekToken returned %v, want ErrToken", way.name, err)
		}
	}
}

// Tokens of other purposes, users and programs log no user in.
func TestLogInByTokenAttacks(t *testing.T) {
	a, o := logInAccounts(t)
	u := getUser(t, a.Store, "ada@example.org")
	l := o.logInFor(t, a, adaEmail)
	attacks := map[string]string{
		"empty": "", "the challenge": l.challenge, "the code": l.code, "cut": l.token[1:], "with a line break": l.token + "\n",
		"of another program": issued(t, tokenAccounts("other"), signup.PurposeLogIn, u),
		"for an invitation":  issued(t, a, signup.PurposeInvite, signup.User{Email: adaEmail}),
		"for a registration": issued(t, a, signup.PurposeRegister, signup.User{Email: adaEmail}),
	}
	for p := range userPurposes {
		if p != signup.PurposeLogIn {
			attacks["for "+string(p)] = issued(t, a, p, u)
		}
	}
	for name, token := range attacks {
		wantNoLogIn(t, name, a, mailedLogIn{token: token, challenge: token})
	}
	if _, err := a.LogInByToken(t.Context(), l.token, signup.Client{}); err != nil {
		t.Errorf("after all attacks, LogInByToken returned %v, want nil", err)
	}
}

func TestLogInByMailExpires(t *testing.T) {
	for _, way := range logInWays {
		synctest.Test(t, func(t *testing.T) {
			a, o := logInAccounts(t)
			a.TokenLife = time.Second
			l := o.logInFor(t, a, adaEmail)
			time.Sleep(time.Second - 1)
			if _, err := way.use(t.Context(), a, l, signup.Client{}); err != nil {
				t.Errorf("before the end, %s returned %v, want nil", way.name, err)
			}
			l = o.logInFor(t, a, adaEmail) // until a second after the one that ends now
			time.Sleep(time.Second)
			wantNoLogIn(t, "at the end", a, l)
		})
	}
}

// A Secret that is replaced opens what it has sealed, until it is removed.
func TestLogInByMailSecrets(t *testing.T) {
	for _, way := range logInWays {
		a, o := logInAccounts(t)
		l := o.logInFor(t, a, adaEmail)
		removed, rotated := tokenAccounts("second"), tokenAccounts("second", "first")
		removed.Store, rotated.Store = a.Store, a.Store
		wantNoLogIn(t, "with the Secret removed", removed, l)
		if _, err := way.use(t.Context(), rotated, l, signup.Client{}); err != nil {
			t.Errorf("with the Secret at the end, %s returned %v, want nil", way.name, err)
		}
	}
}

// Of 1000 concurrent uses of one mail, one makes a Session, while other changes of the
// user go on.
func TestLogInByMailConcurrently(t *testing.T) {
	const uses = 1000
	for name, ways := range map[string][]int{"tokens": {0}, "codes": {1}, "both": {0, 1}} {
		a, o := logInAccounts(t)
		l := o.logInFor(t, a, adaEmail)
		var made, refused atomic.Int64
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for i := range uses {
			wg.Go(func() {
				<-begin
				s, err := logInWays[ways[i%len(ways)]].use(t.Context(), a, l, signup.Client{})
				switch err {
				case nil:
					made.Add(1)
					wantSession(t, a, s, nil)
				case signup.ErrToken:
					refused.Add(1)
				default:
					t.Errorf("%s: got %v, want nil or ErrToken", name, err)
				}
			})
		}
		for range 3 {
			wg.Go(func() {
				<-begin
				err := signup.ErrConflict
				for errors.Is(err, signup.ErrConflict) {
					err = countUp(t, a.Store, "ada@example.org")
				}
			})
		}
		close(begin)
		wg.Wait()
		u := getUser(t, a.Store, "ada@example.org")
		if made.Load() != 1 || refused.Load() != uses-1 || u.Profile["changes"] != "3" || strings.Count(string(u.Private), `"id"`) != 1 {
			t.Errorf("%s: got %d Sessions, %d ErrToken and %s of 3 other changes; want 1, %d, and a device", name, made.Load(), refused.Load(), u.Profile["changes"], uses-1)
		}
	}
}

// The Store may fail at each of its calls. The error is returned; the token is used or
// works.
func TestLogInByMailStoreFails(t *testing.T) {
	for _, way := range logInWays {
		for _, failure := range []error{signup.ErrBusy, errors.New("connection refused"), context.DeadlineExceeded} {
			for n := 1; n <= 2; n++ {
				for _, written := range []bool{false, true} {
					a, o := logInAccounts(t)
					l := o.logInFor(t, a, adaEmail)
					memory := a.Store
					a.Store, _ = failAt(memory, n, written, failure)
					s, err := way.use(t.Context(), a, l, signup.Client{})
					checkNoSecrets(t, err)
					if !errors.Is(err, failure) || s != (signup.Session{}) {
						t.Errorf("failing at call %d, %s returned %v, %v; want %v", n, way.name, s, err, failure)
					}
					var want error
					if written && n == 2 {
						want = signup.ErrToken
					}
					if _, err := way.use(t.Context(), a, l, signup.Client{}); err != want {
						t.Errorf("after a failure at call %d, %s returned %v, want %v", n, way.name, err, want)
					}
				}
			}
		}
		a, o := logInAccounts(t)
		update(t, a, "ada@example.org", func(u *signup.User) { u.Private = "malformed" })
		l := o.logInFor(t, a, adaEmail)
		before := getUser(t, a.Store, "ada@example.org")
		_, err := way.use(t.Context(), a, l, signup.Client{})
		if after := getUser(t, a.Store, "ada@example.org"); err == nil || errors.Is(err, signup.ErrToken) || after.Version != before.Version {
			t.Errorf("with a malformed Private, %s returned %v, want the error of Private, and no change", way.name, err)
		}
	}
}
