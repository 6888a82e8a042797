package signup_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// mailedLogInOf prepares a log-in with the token or the code of a mail.
var mailedLogInOf = prepared(func(t testing.TB, c *eventCase) (err error) {
	c.challenge, err = c.SendLogIn(t.Context(), adaEmail, signup.Client{})
	if mails := c.mails.take(); err == nil && len(mails) == 1 {
		c.token, c.code = mails[0].Token, mails[0].Code
	}
	return err
})

func logInByCode(ctx context.Context, c *eventCase) error {
	_, err := c.LogInByCode(ctx, c.challenge, c.code, signup.Client{})
	return err
}

// changeTo prepares the tokens of a change of the address to email. The token of c is
// that of the mail number n.
func changeTo(email string, n int) func(testing.TB, *eventCase) {
	return func(t testing.TB, c *eventCase) {
		registerAndLogIn(t, c)
		c.mails.take()
		if err := c.SendEmailChange(t.Context(), c.s, email); err != nil {
			t.Fatalf("SendEmailChange returned %v, want nil", err)
		}
		c.token = c.mails.take()[n].Token
	}
}

func confirmChange(ctx context.Context, c *eventCase) error {
	_, err := c.ConfirmEmailChange(ctx, c.token)
	return err
}

func undoChange(ctx context.Context, c *eventCase) error {
	_, err := c.UndoEmailChange(ctx, c.token)
	return err
}

// mailedEvents are the log-ins and the changes of address with a token or code.
var mailedEvents = []eventCall{
	{name: "SendLogIn", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.SendLogIn(ctx, adaEmail, signup.Client{})
		return err
	}},
	{name: "SendPasswordReset", call: func(ctx context.Context, c *eventCase) error {
		return c.SendPasswordReset(ctx, adaEmail, signup.Client{})
	}},
	{name: "LogInByToken", prepare: mailedLogInOf, call: func(ctx context.Context, c *eventCase) error {
		_, err := c.LogInByToken(ctx, c.token, signup.Client{})
		return err
	}, before: "logged_in/email+", after: "logged_in/email+", history: "logged_in/email+"},
	{name: "LogInByToken with another token", prepare: mailedLogInOf, call: func(ctx context.Context, c *eventCase) error {
		_, err := c.LogInByToken(ctx, c.challenge, signup.Client{})
		return err
	}, err: signup.ErrToken},
	{name: "LogInByCode", prepare: mailedLogInOf, call: logInByCode,
		before: "logged_in/email+", after: "logged_in/email+", history: "logged_in/email+"},
	{name: "LogInByCode with a wrong code", prepare: func(t testing.TB, c *eventCase) {
		mailedLogInOf(t, c)
		c.code = strings.Repeat("0", len(c.code))
	}, call: logInByCode, err: signup.ErrToken, after: "log_in_refused/wrong?"},
	{name: "LogInByCode after too many wrong codes", prepare: func(t testing.TB, c *eventCase) {
		mailedLogInOf(t, c)
		code := c.code
		c.code = strings.Repeat("0", len(c.code))
		for range 20 {
			_ = logInByCode(t.Context(), c)
		}
		c.code = code
	}, call: logInByCode, err: signup.ErrToken, after: "log_in_refused/throttled?"},
	{name: "SendEmailChange", call: func(ctx context.Context, c *eventCase) error { return c.SendEmailChange(ctx, c.s, secondKey) }},
	{name: "ConfirmEmailChange", prepare: changeTo(secondKey, 1), call: confirmChange,
		before: "email_changed/email", after: "email_changed/email", history: "email_changed/email", to: secondKey, moves: true},
	{name: "ConfirmEmailChange of the spelling", prepare: changeTo("ADA@example.org", 0), call: confirmChange,
		before: "email_changed/email", after: "email_changed/email", history: "email_changed/email", to: "ADA@example.org"},
	{name: "UndoEmailChange before the change", prepare: changeTo(secondKey, 0), call: undoChange,
		after: "email_changed/undo", history: "email_changed/undo"},
	{name: "UndoEmailChange", prepare: func(t testing.TB, c *eventCase) {
		changeTo(secondKey, 1)(t, c)
		if err := confirmChange(t.Context(), c); err != nil {
			t.Fatalf("ConfirmEmailChange returned %v, want nil", err)
		}
		c.token = c.mails.take()[0].Token
	}, call: undoChange, after: "email_changed/undo", history: "email_changed/undo", moves: true},
}
