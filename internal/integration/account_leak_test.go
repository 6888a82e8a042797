package integration

import (
	"context"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/memstore"
)

// sealed adds a text that Accounts.Secrets have sealed to the secrets. internal/testrun
// recognizes it as well.
func (l *leaky) sealed(text string) string {
	l.Helper()
	if leaktest.Recognize(text)["sealed"] == "" {
		l.Errorf("got a sealed text of %d bytes that isn't recognized, want it found", len(text))
	}
	l.secrets = append(l.secrets, text)
	return text
}

// changes does with an account what its user does, right or wrong.
func (l *leaky) changes(store signup.Store) {
	ctx := l.Context()
	a, box := newAccounts(store)
	a.Logger = l.logger()
	address, password := l.someone()
	u, err := a.Register(ctx, signup.Registration{Email: address, Password: password})
	l.want("register", err, nil)

	l.want("mail to verify", a.SendEmailVerification(ctx, address, signup.Client{}), nil)
	token := l.sealed(box.take(u.Email))
	_, err = a.ResetPassword(ctx, token, password)
	l.want("token of another purpose", err, signup.ErrToken)
	_, err = a.VerifyEmail(ctx, token)
	l.want("verify", err, nil)

	l.want("mail to reset", a.SendPasswordReset(ctx, address, signup.Client{}), nil)
	token = l.sealed(box.take(u.Email))
	_, err = a.VerifyEmail(ctx, token+"A")
	l.want("broken token", err, signup.ErrToken)
	_, next := l.someone()
	_, err = a.ResetPassword(ctx, token, next)
	l.want("reset", err, nil)
	_, err = a.ResetPassword(ctx, token, password)
	l.want("reset again", err, signup.ErrToken)

	s, err := a.LogIn(ctx, address, next, signup.Client{Label: "Firefox"})
	l.want("log-in", err, nil)
	cookie := l.sealed(a.DeviceCookie(s))
	s, err = a.LogIn(ctx, address, next, signup.Client{Cookie: cookie})
	l.want("log-in with a cookie", err, nil)
	u, err = a.Resume(ctx, s)
	l.want("resume", err, nil)
	l.logger().Debug("resumed", "session", s, "user", u, "private", u.Private, "client", signup.Client{Cookie: cookie})
	_, err = a.EndOtherSessions(ctx, s)
	l.want("end others", err, nil)
	_, err = a.Devices(ctx, s)
	l.want("devices of an ended session", err, signup.ErrEnded)
	l.want("end all", a.EndAllSessions(ctx, address), nil)
	_, err = a.ChangePassword(ctx, address, next, password)
	l.want("change password", err, nil)
	u, err = a.SetPassword(ctx, address, next)
	l.want("set password", err, nil)
	l.want("delete", store.Delete(ctx, u), nil)

	a, box = newAccounts(store)
	a.EmailVerification = signup.VerifyBeforeRegistration
	u, err = a.Register(ctx, signup.Registration{Email: address})
	l.want("register by mail", err, nil)
	token = l.sealed(box.take(u.Email))
	u, err = a.CompleteRegistration(ctx, token, signup.Registration{Password: password})
	l.want("complete", err, nil)
	l.want("delete", store.Delete(ctx, u), nil)
}

// failingChanges returns calls that change the account of an address in store, and fail.
// Their tokens and sessions are good where nothing fails.
func (l *leaky) failingChanges(store signup.Store, address, password string) map[string]func(context.Context) error {
	ctx := l.Context()
	working, box := newAccounts(memstore.New())
	u, err := working.Register(ctx, signup.Registration{Email: address, Password: password})
	l.want("register", err, nil)
	l.want("mail to verify", working.SendEmailVerification(ctx, address, signup.Client{}), nil)
	verify := l.sealed(box.take(u.Email))
	l.want("mail to reset", working.SendPasswordReset(ctx, address, signup.Client{}), nil)
	reset := l.sealed(box.take(u.Email))
	s, err := working.LogIn(ctx, address, password, signup.Client{})
	l.want("log-in", err, nil)
	client := signup.Client{Cookie: l.sealed(working.DeviceCookie(s)), Label: "Firefox"}

	a, _ := newAccounts(store)
	a.Logger = l.logger()
	return map[string]func(context.Context) error{
		"verify":       func(ctx context.Context) error { _, err := a.VerifyEmail(ctx, verify); return err },
		"reset":        func(ctx context.Context) error { _, err := a.ResetPassword(ctx, reset, password); return err },
		"peek":         func(ctx context.Context) error { _, _, err := a.PeekToken(ctx, reset); return err },
		"set password": func(ctx context.Context) error { _, err := a.SetPassword(ctx, address, password); return err },
		"change password": func(ctx context.Context) error {
			_, err := a.ChangePassword(ctx, address, password, password+"!")
			return err
		},
		"log-in in a device": func(ctx context.Context) error { _, err := a.LogIn(ctx, address, password, client); return err },
		"resume":             func(ctx context.Context) error { _, err := a.Resume(ctx, s); return err },
		"end device":         func(ctx context.Context) error { return a.EndDevice(ctx, s, s.Device) },
		"end others":         func(ctx context.Context) error { _, err := a.EndOtherSessions(ctx, s); return err },
		"end all":            func(ctx context.Context) error { return a.EndAllSessions(ctx, address) },
	}
}
