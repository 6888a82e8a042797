package signup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// Each call sends its mail to active users only, changes nothing, and returns nil in
// every state of the user.
func TestSendMail(t *testing.T) {
	type state struct {
		name          string
		change        func(*signup.User) // nil: no user
		verify, reset bool               // whether a mail is sent
	}
	for _, s := range []state{
		{"unknown", nil, false, false},
		{"unverified", func(*signup.User) {}, true, true},
		{"verified", func(u *signup.User) { u.EmailVerifiedAt = u.CreatedAt }, false, true},
		{"inactive", func(u *signup.User) { u.Active = false }, false, false},
		{"inactive and verified", func(u *signup.User) { u.Active, u.EmailVerifiedAt = false, u.CreatedAt }, false, false},
		{"placeholder", func(u *signup.User) { u.Placeholder = true }, false, false},
		{"without a password", func(u *signup.User) { u.PasswordHash = "" }, true, true},
		{"without a stamp", func(u *signup.User) { u.SecurityStamp = "" }, true, true},
	} {
		for _, c := range sendCalls {
			for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeLogIn, signup.VerifyBeforeRegistration} {
				synctest.Test(t, func(t *testing.T) {
					a, o := mailAccounts()
					a.EmailVerification = mode
					var before signup.User
					if s.change != nil {
						before = createAda(t, a.Store, s.change)
					}
					if err := c.call(a, t.Context(), " ADA@example.ORG ", signup.Client{}); err != nil {
						t.Errorf("%s, %s: got %v, want nil", c.name, s.name, err)
					}
					after, _ := a.Store.Get(t.Context(), "ada@example.org")
					if after.Version != before.Version {
						t.Errorf("%s, %s: the user was changed, want no change", c.name, s.name)
					}
					want := s.verify && c.purpose == signup.PurposeVerifyEmail || s.reset && c.purpose == signup.PurposeResetPassword
					mails := o.take()
					if !want {
						if len(mails) != 0 {
							t.Errorf("%s, %s: got the mails %v, want none", c.name, s.name, mails)
						}
						return
					}
					if len(mails) != 1 {
						t.Fatalf("%s, %s: got %d mails, want 1", c.name, s.name, len(mails))
					}
					m := mails[0]
					expires := time.Now().UTC().Add(time.Hour)
					if m.To != adaEmail || m.Purpose != c.purpose || m.Notice != "" || !m.Expires.Equal(expires) || !m.User.Equal(before) {
						t.Errorf("%s, %s: got the mail %v, to the stored address: %t, until %s; want one to it, for %s, until %s",
							c.name, s.name, m, m.To == adaEmail, m.Expires, c.purpose, expires)
					}
				})
			}
		}
	}
}

// A text that isn't an address is refused, which says nothing about any user.
func TestSendMailToNoAddress(t *testing.T) {
	a, o := mailAccounts()
	for _, c := range sendCalls {
		for _, email := range []string{"", " ", "ada", "ada@", "@example.org", "ada@example.org\nbcc: bob@example.org", strings.Repeat("a", 1<<20) + "@example.org"} {
			err := c.call(a, t.Context(), email, signup.Client{})
			var invalid *signup.ValidationError
			if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != signup.FieldEmail {
				t.Errorf("%s(%.50q) returned %v, want a *ValidationError of %s", c.name, email, err, signup.FieldEmail)
			}
		}
	}
	if mails := o.take(); len(mails) != 0 {
		t.Errorf("got the mails %v, want none", mails)
	}
}

// What needs a mail or a token is refused before the Store is asked.
func TestMailNotConfigured(t *testing.T) {
	asked := func(context.Context, string) (signup.User, error) {
		t.Error("the Store was asked, want ErrNotConfigured before that")
		return signup.User{}, signup.ErrNotFound
	}
	newAccounts := func(change func(*signup.Accounts)) *signup.Accounts {
		a, _ := mailAccounts()
		a.Store = fakestore.Store{Store: memstore.New(), OnGet: asked}
		change(a)
		return a
	}
	noSend := func(a *signup.Accounts) { a.Send = nil }
	noSecrets := func(a *signup.Accounts) { a.Secrets = nil }
	for name, call := range map[string]func(*signup.Accounts) error{
		"SendEmailVerification": func(a *signup.Accounts) error { return a.SendEmailVerification(t.Context(), adaEmail, signup.Client{}) },
		"SendPasswordReset":     func(a *signup.Accounts) error { return a.SendPasswordReset(t.Context(), adaEmail, signup.Client{}) },
		"ResetPassword": func(a *signup.Accounts) error {
			_, err := a.ResetPassword(t.Context(), "token", newPassword)
			return err
		},
		"VerifyEmail": func(a *signup.Accounts) error {
			if len(a.Secrets) > 0 {
				return signup.ErrNotConfigured // it sends no mail
			}
			_, err := a.VerifyEmail(t.Context(), "token")
			return err
		},
		"CompleteRegistration": func(a *signup.Accounts) error {
			if len(a.Secrets) > 0 {
				return signup.ErrNotConfigured // it sends no mail
			}
			_, err := a.CompleteRegistration(t.Context(), "token", signup.Registration{Password: goodPassword})
			return err
		},
		"every call, with VerifyBeforeLogIn": func(a *signup.Accounts) error {
			a.EmailVerification = signup.VerifyBeforeLogIn
			_, err := a.Authenticate(t.Context(), adaEmail, goodPassword)
			return err
		},
		"every call, with VerifyBeforeRegistration": func(a *signup.Accounts) error {
			a.EmailVerification = signup.VerifyBeforeRegistration
			_, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
			return err
		},
	} {
		for missing, change := range map[string]func(*signup.Accounts){"Send": noSend, "Secrets": noSecrets} {
			if err := call(newAccounts(change)); !errors.Is(err, signup.ErrNotConfigured) {
				t.Errorf("%s without %s returned %v, want ErrNotConfigured", name, missing, err)
			}
		}
	}
}

// TokenLife and EmailVerification have limits.
func TestMailConfiguration(t *testing.T) {
	for _, c := range []struct {
		life time.Duration
		mode signup.EmailVerification
		ok   bool
	}{
		{0, 0, true}, {time.Second, 0, true}, {24 * time.Hour, 2, true}, {time.Minute, 1, true},
		{-1, 0, false}, {-time.Hour, 0, false}, {time.Second - 1, 0, false}, {24*time.Hour + 1, 0, false}, {1<<63 - 1, 0, false}, {-1 << 63, 0, false},
		{0, -1, false}, {0, 3, false}, {0, 1 << 62, false},
	} {
		a, _ := mailAccounts()
		a.TokenLife, a.EmailVerification = c.life, c.mode
		if err := a.SendPasswordReset(t.Context(), adaEmail, signup.Client{}); (err == nil) != c.ok {
			t.Errorf("with TokenLife %v and EmailVerification %d, SendPasswordReset returned %v, want nil: %t", c.life, c.mode, err, c.ok)
		}
	}
}

// A token is valid until the second that the mail names.
func TestMailTokenExpires(t *testing.T) {
	for _, life := range []time.Duration{0, time.Second, 90 * time.Minute, 24 * time.Hour} {
		for _, c := range sendCalls {
			synctest.Test(t, func(t *testing.T) {
				a, o := mailAccounts()
				a.TokenLife = life
				createAda(t, a.Store, nil)
				if err := c.call(a, t.Context(), adaEmail, signup.Client{}); err != nil {
					t.Fatalf("%s returned %v, want nil", c.name, err)
				}
				m := o.take()[0]
				time.Sleep(time.Until(m.Expires) - 1)
				if _, _, err := a.PeekToken(t.Context(), m.Token); err != nil {
					t.Errorf("%s, %v: before the end, PeekToken returned %v, want nil", c.name, life, err)
				}
				time.Sleep(time.Nanosecond)
				if _, err := c.use(t.Context(), a, m.Token); err != signup.ErrToken {
					t.Errorf("%s, %v: at the end, the use returned %v, want ErrToken", c.name, life, err)
				}
			})
		}
	}
}

// mailboxError is an error as mail servers return it, with the address.
type mailboxError struct{ text string }

func (e *mailboxError) Error() string { return "550 5.1.1 <" + adaEmail + ">: " + e.text }

// An error of Send is the result of a call that consists in a mail, without its text.
func TestSendFails(t *testing.T) {
	for _, c := range sendCalls {
		for _, failure := range []error{&mailboxError{"user unknown"}, signup.ErrBusy, context.DeadlineExceeded} {
			a, o := mailAccounts()
			before := createAda(t, a.Store, nil)
			o.fail = func(context.Context) error { return fmt.Errorf("to %s: %w", adaEmail, failure) }
			err := c.call(a, t.Context(), adaEmail, signup.Client{})
			if !errors.Is(err, failure) {
				t.Errorf("%s returned %v, want an error that wraps %T", c.name, err, failure)
			}
			if !strings.Contains(err.Error(), string(c.purpose)) {
				t.Errorf("%s returned %q, want the purpose in it", c.name, err)
			}
			checkNoSecrets(t, err)
			for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%x", "%s"} {
				if text := fmt.Sprintf(verb, err); strings.Contains(text, "xample") || strings.Contains(text, "6578616d706c65") {
					t.Errorf("%s: %s of the error has the address, want none", c.name, verb)
				}
			}
			if after := getUser(t, a.Store, before.Key()); after.Version != before.Version {
				t.Errorf("%s changed the user, want no change", c.name)
			}
			o.fail = nil
			if _, err := c.use(t.Context(), a, c.mailed(t, a, o)); err != nil {
				t.Errorf("after a failure, the token of the next mail returned %v, want nil", err)
			}
		}
	}
}

// changesWithMail are the calls that send a mail after a change.
var changesWithMail = map[string]func(t *testing.T, a *signup.Accounts, o *outbox, ctx context.Context) error{
	"ChangePassword": func(t *testing.T, a *signup.Accounts, _ *outbox, ctx context.Context) error {
		_, err := a.ChangePassword(ctx, adaEmail, goodPassword, newPassword)
		return err
	},
	"ResetPassword": func(t *testing.T, a *signup.Accounts, o *outbox, ctx context.Context) error {
		token, _, err := a.NewToken(signup.PurposeResetPassword, getUser(t, a.Store, "ada@example.org"), "", time.Hour)
		if err != nil {
			t.Fatalf("newToken returned %v, want nil", err)
		}
		_, err = a.ResetPassword(ctx, token, newPassword)
		return err
	},
	"Register": func(t *testing.T, a *signup.Accounts, _ *outbox, ctx context.Context) error {
		u := getUser(t, a.Store, "ada@example.org")
		if err := a.Store.Delete(t.Context(), u); err != nil {
			t.Fatalf("Delete returned %v, want nil", err)
		}
		_, err := a.Register(ctx, signup.Registration{Email: adaEmail, Password: newPassword})
		return err
	},
}

// If Send fails, is slow or panics after a change, the change stands. An error is in
// the log, without the address.
func TestSendFailsAfterChange(t *testing.T) {
	for name, change := range changesWithMail {
		for kind, fail := range map[string]func(context.Context) error{
			"an error": func(context.Context) error { return &mailboxError{"user unknown"} },
			"slow":     func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			"a panic":  func(context.Context) error { panic("mailer broke") },
		} {
			synctest.Test(t, func(t *testing.T) {
				var log *logBuffer
				a, o := mailAccounts()
				a.Logger, log = newLog(t)
				a.Hasher = plainHasher{}
				if name == "Register" {
					a.EmailVerification = signup.VerifyBeforeLogIn
				}
				before := createAda(t, a.Store, func(u *signup.User) { u.PasswordHash = "plain:" + goodPassword })
				o.fail = fail
				start := time.Now()
				var panicked any
				err := func() error {
					defer func() { panicked = recover() }()
					return change(t, a, o, t.Context())
				}()
				if took := time.Since(start); err != nil || took > 5*time.Second || (panicked != nil) != (kind == "a panic") {
					t.Errorf("%s, %s: got %v, panic %v after %v; want nil within 5s, and Send's panic", name, kind, err, panicked, took)
				}
				if u := getUser(t, a.Store, before.Key()); string([]byte(u.PasswordHash)) != "plain:"+newPassword || u.SecurityStamp == before.SecurityStamp {
					t.Errorf("%s, %s: got the user without the new password, want the change to stand", name, kind)
				}
				if kind == "a panic" {
					return
				}
				records := log.records(t)
				if len(records) != 1 || records[0]["level"] != "ERROR" || records[0]["msg"] != "signup: mail not sent" || records[0]["enduser.pseudo.id"] == "" {
					t.Errorf("%s, %s: got the log %v, want one error", name, kind, records)
				}
				if text := log.String(); strings.Contains(text, "xample") || strings.Contains(text, "horse") {
					t.Errorf("%s, %s: got an address or password in the log, want none", name, kind)
				}
			})
		}
	}
}

// The mail after a change is sent even if the caller goes at the moment of the change.
func TestMailAfterChangeOutlivesCaller(t *testing.T) {
	for name, change := range changesWithMail {
		a, o := mailAccounts()
		if name == "Register" {
			a.EmailVerification = signup.VerifyBeforeLogIn
		}
		createAda(t, a.Store, nil)
		ctx, cancel := context.WithCancel(t.Context())
		memory := a.Store
		a.Store = fakestore.Store{Store: memory,
			OnUpdate: func(ctx context.Context, u *signup.User) error { defer cancel(); return memory.Update(ctx, u) },
			OnCreate: func(ctx context.Context, u *signup.User) error { defer cancel(); return memory.Create(ctx, u) },
		}
		if err := change(t, a, o, ctx); err != nil {
			t.Errorf("%s returned %v, want nil", name, err)
		}
		if mails := o.take(); len(mails) != 1 || mails[0].To != adaEmail {
			t.Errorf("%s: got the mails %v, want one to the user", name, mails)
		}
	}
}

// A canceled call sends nothing.
func TestSendMailCanceled(t *testing.T) {
	for _, c := range sendCalls {
		a, o := mailAccounts()
		createAda(t, a.Store, nil)
		ctx, cancel := context.WithCancel(t.Context())
		memory := a.Store
		a.Store = fakestore.Store{Store: memory, OnGet: func(ctx context.Context, key string) (signup.User, error) {
			defer cancel() // after the read
			return memory.Get(ctx, key)
		}}
		for _, when := range []string{"during", "before"} {
			if err := c.call(a, ctx, adaEmail, signup.Client{}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, canceled %s the call, returned %v, want context.Canceled", c.name, when, err)
			}
		}
		if mails := o.take(); len(mails) != 0 {
			t.Errorf("%s: got the mails %v, want none", c.name, mails)
		}
	}
}

// An error of the Store is returned, and no mail is sent.
func TestSendMailStoreFails(t *testing.T) {
	for _, c := range sendCalls {
		for _, failure := range []error{signup.ErrBusy, errors.New("connection refused")} {
			a, o := mailAccounts()
			a.Store = fakestore.Store{Store: memstore.New(), OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, failure }}
			if err := c.call(a, t.Context(), adaEmail, signup.Client{}); !errors.Is(err, failure) {
				t.Errorf("%s returned %v, want %v", c.name, err, failure)
			}
			if mails := o.take(); len(mails) != 0 {
				t.Errorf("%s: got the mails %v, want none", c.name, mails)
			}
		}
	}
}

// Without Send, passwords are changed as before, and SetPassword sends nothing.
func TestNoNotice(t *testing.T) {
	a := newAccounts()
	createAda(t, a.Store, nil)
	if _, err := a.ChangePassword(t.Context(), adaEmail, goodPassword, newPassword); err != nil {
		t.Errorf("ChangePassword without Send returned %v, want nil", err)
	}
	a, o := mailAccounts()
	createAda(t, a.Store, nil)
	if _, err := a.SetPassword(t.Context(), adaEmail, newPassword); err != nil || len(o.take()) != 0 {
		t.Errorf("SetPassword returned %v, with mails; want nil and none", err)
	}
	if _, err := a.ChangePassword(t.Context(), adaEmail, "wrong correct horse", goodPassword); !errors.Is(err, signup.ErrBadCredentials) || len(o.take()) != 0 {
		t.Errorf("ChangePassword with a wrong password returned %v, with mails; want ErrBadCredentials and none", err)
	}
	if _, err := a.ChangePassword(t.Context(), adaEmail, newPassword, goodPassword); err != nil {
		t.Errorf("ChangePassword returned %v, want nil", err)
	}
	o.checkNotice(t, signup.NoticePasswordChanged)
}

// No form of a Mail has the token, the address, or what else is secret of the user.
func TestMailRedaction(t *testing.T) {
	mail := signup.Mail{
		To: "Ada@example.org", Purpose: signup.PurposeResetPassword, Token: "correct horse token", Code: "correct horse code", User: secretUser(),
		Expires: time.Now(), Notice: signup.NoticePasswordChanged,
	}
	for container, v := range containers(mail) {
		for _, e := range encoders() {
			got, err := e.show(v)
			if container == "deep pointers" && !fitsPointers(e.name) {
				continue // fmt calls no methods then, as Hash says
			}
			for _, secret := range secrets() {
				if strings.Contains(got, secret) {
					t.Errorf("%s, %s: got %q in the form, want none", container, e.name, secret)
				}
			}
			if container == "value" && err == nil && e.name != "%T" && e.name != "xml" && e.name != "gob" && !strings.Contains(got, "reset_password") {
				t.Errorf("%s, %s: got %q, want the purpose in it", container, e.name, got)
			}
		}
	}
	for _, decode := range []func([]byte) error{mail.UnmarshalText, mail.UnmarshalBinary} {
		if err := decode([]byte("{}")); err == nil || mail.To != "Ada@example.org" {
			t.Errorf("decoding returned %v, want an error and the Mail as it was", err)
		}
	}
}
