package signup_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gosignup/signup"
)

const (
	eventKey = "an-idempotency-key-of-ada"
	wrong    = "wrong horse battery"
)

func nothing(testing.TB, *eventCase) {}

// prepared returns a function that registers the user and then calls f.
func prepared(f func(t testing.TB, c *eventCase) error) func(testing.TB, *eventCase) {
	return func(t testing.TB, c *eventCase) {
		t.Helper()
		register(t, c)
		c.mails.take()
		if err := f(t, c); err != nil {
			t.Fatalf("preparing the call returned %v, want nil", err)
		}
	}
}

func changed(change func(*signup.User)) func(testing.TB, *eventCase) {
	return prepared(func(t testing.TB, c *eventCase) error {
		update(t, c.Accounts, adaKey, change)
		return nil
	})
}

func registerKeyed(ctx context.Context, c *eventCase) error {
	_, err := c.Register(ctx, adaRegistration(eventKey))
	return err
}

func verifyEmail(ctx context.Context, c *eventCase) error {
	_, err := c.VerifyEmail(ctx, c.token)
	return err
}

func logInWith(email, password string) func(context.Context, *eventCase) error {
	return func(ctx context.Context, c *eventCase) error {
		_, err := c.LogIn(ctx, email, password, signup.Client{Label: "Firefox"})
		return err
	}
}

func mailVerification(t testing.TB, c *eventCase) error {
	err := c.SendEmailVerification(t.Context(), adaEmail, signup.Client{})
	c.token = c.mails.token(t, signup.PurposeVerifyEmail)
	return err
}

var eventCalls = slices.Concat(signUpEvents, []eventCall{
	{name: "VerifyEmail", prepare: prepared(mailVerification), call: verifyEmail, after: "email_verified/email", history: "email_verified/email"},
	{name: "VerifyEmail again", prepare: prepared(func(t testing.TB, c *eventCase) error {
		if err := mailVerification(t, c); err != nil {
			return err
		}
		return verifyEmail(t.Context(), c)
	}), call: verifyEmail},
	{name: "LogIn", call: logInWith(adaEmail, goodPassword), before: "logged_in/password+", after: "logged_in/password+", history: "logged_in/password+"},
	{name: "LogIn with a wrong password", call: logInWith(adaEmail, wrong), err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "LogIn of no user", call: logInWith("bob@example.org", goodPassword), err: signup.ErrBadCredentials, after: "log_in_refused/wrong?"},
	{name: "LogIn with no address", call: logInWith("ada", goodPassword), err: signup.ErrBadCredentials, after: "log_in_refused/wrong?"},
	{name: "LogIn of an inactive user", prepare: changed(func(u *signup.User) { u.Active = false }),
		call: logInWith(adaEmail, goodPassword), err: signup.ErrBadCredentials, after: "log_in_refused/inactive"},
	{name: "LogIn of a placeholder", prepare: changed(func(u *signup.User) { u.Placeholder = true }),
		call: logInWith(adaEmail, goodPassword), err: signup.ErrBadCredentials, after: "log_in_refused/wrong?"},
	{name: "LogIn with an unverified address", mode: signup.VerifyBeforeLogIn, prepare: register,
		call: logInWith(adaEmail, goodPassword), err: signup.ErrUnverified, after: "log_in_refused/unverified"},
	{name: "LogIn with an unverified address and a wrong password", mode: signup.VerifyBeforeLogIn, prepare: register,
		call: logInWith(adaEmail, wrong), err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "Authenticate", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Authenticate(ctx, adaEmail, goodPassword)
		return err
	}, before: "logged_in/password", after: "logged_in/password"},
	{name: "Authenticate with a wrong password", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Authenticate(ctx, adaEmail, wrong)
		return err
	}, err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "Reauthenticate", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Reauthenticate(ctx, c.s, goodPassword)
		return err
	}, after: "reauthenticated/password+"},
	{name: "Reauthenticate with a wrong password", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Reauthenticate(ctx, c.s, wrong)
		return err
	}, err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "ChangePassword", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.ChangePassword(ctx, adaEmail, goodPassword, newPassword)
		return err
	}, before: "password_changed/password", after: "password_changed/password", history: "password_changed/password"},
	{name: "ChangePassword with a wrong one", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.ChangePassword(ctx, adaEmail, wrong, newPassword)
		return err
	}, err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "SetPassword", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.SetPassword(ctx, adaEmail, newPassword)
		return err
	}, before: "password_changed/set", after: "password_changed/set", history: "password_changed/set"},
	{name: "ResetPassword", prepare: prepared(func(t testing.TB, c *eventCase) error {
		err := c.SendPasswordReset(t.Context(), adaEmail, signup.Client{})
		c.token = c.mails.token(t, signup.PurposeResetPassword)
		return err
	}), call: func(ctx context.Context, c *eventCase) error {
		_, err := c.ResetPassword(ctx, c.token, newPassword)
		return err
	}, before: "password_changed/reset", after: "password_changed/reset", history: "password_changed/reset"},
	{name: "EndDevice", call: func(ctx context.Context, c *eventCase) error { return c.EndDevice(ctx, c.s, c.s.Device) },
		after: "sessions_ended/device+", history: "sessions_ended/device+"},
	{name: "EndDevice of none", call: func(ctx context.Context, c *eventCase) error { return c.EndDevice(ctx, c.s, "none") }},
	{name: "EndOtherSessions", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.EndOtherSessions(ctx, c.s)
		return err
	}, after: "sessions_ended/others+", history: "sessions_ended/others+"},
	{name: "EndAllSessions", call: func(ctx context.Context, c *eventCase) error { return c.EndAllSessions(ctx, adaEmail) },
		after: "sessions_ended/all", history: "sessions_ended/all"},
}, mailedEvents, changeEvents)
