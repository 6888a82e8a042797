package signup_test

import (
	"context"
	"testing"

	"github.com/gosignup/signup"
)

func complete(ctx context.Context, c *eventCase) error {
	_, err := c.CompleteRegistration(ctx, c.token, adaRegistration(""))
	return err
}

func invited(t testing.TB, c *eventCase) {
	t.Helper()
	if err := c.Invite(t.Context(), adaEmail, 0); err != nil {
		t.Fatalf("Invite returned %v, want nil", err)
	}
	c.token = c.mails.token(t, signup.PurposeInvite)
}

// signUpEvents are the registrations.
var signUpEvents = []eventCall{
	{name: "Register", prepare: nothing, call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Register(ctx, adaRegistration(""))
		return err
	}, before: "registered/password", after: "registered/password", history: "registered/password"},
	{name: "Register with a key", prepare: nothing, call: registerKeyed,
		before: "registered/password", after: "registered/password", history: "registered/password"},
	{name: "Register again", prepare: func(t testing.TB, c *eventCase) {
		if err := registerKeyed(t.Context(), c); err != nil {
			t.Fatalf("Register returned %v, want nil", err)
		}
	}, call: registerKeyed},
	{name: "Register again with a wrong password", prepare: func(t testing.TB, c *eventCase) {
		if err := registerKeyed(t.Context(), c); err != nil {
			t.Fatalf("Register returned %v, want nil", err)
		}
	}, call: func(ctx context.Context, c *eventCase) error {
		r := adaRegistration(eventKey)
		r.Password = wrong
		_, err := c.Register(ctx, r)
		return err
	}, err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "Register a taken address", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Register(ctx, adaRegistration(""))
		return err
	}, err: signup.ErrExists, before: "registered/password"},
	{name: "Register by mail", mode: signup.VerifyBeforeRegistration, prepare: nothing, call: func(ctx context.Context, c *eventCase) error {
		_, err := c.Register(ctx, adaRegistration(""))
		return err
	}, before: "registered/email?"},
	{name: "CompleteRegistration", mode: signup.VerifyBeforeRegistration, prepare: func(t testing.TB, c *eventCase) {
		register(t, c)
		c.token = c.mails.token(t, signup.PurposeRegister)
	}, call: func(ctx context.Context, c *eventCase) error {
		_, err := c.CompleteRegistration(ctx, c.token, adaRegistration(""))
		return err
	}, before: "registered/email", after: "registered/email", history: "registered/email"},
	{name: "CompleteRegistration again", mode: signup.VerifyBeforeRegistration, prepare: func(t testing.TB, c *eventCase) {
		register(t, c)
		c.token = c.mails.token(t, signup.PurposeRegister)
		if err := complete(t.Context(), c); err != nil {
			t.Fatalf("CompleteRegistration returned %v, want nil", err)
		}
	}, call: complete},
	{name: "Invite", prepare: nothing, call: func(ctx context.Context, c *eventCase) error { return c.Invite(ctx, adaEmail, 0) }},
	{name: "CompleteRegistration by invitation", prepare: invited, call: complete,
		before: "registered/invitation", after: "registered/invitation", history: "registered/invitation"},
	{name: "CompleteRegistration by invitation, instead of a mail", mode: signup.VerifyBeforeRegistration, prepare: invited, call: complete,
		before: "registered/invitation", after: "registered/invitation", history: "registered/invitation"},
}
