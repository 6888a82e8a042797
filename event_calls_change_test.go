package signup_test

import (
	"context"

	"github.com/gosignup/signup"
)

func changeOwn(password string) func(context.Context, *eventCase) error {
	return func(ctx context.Context, c *eventCase) error {
		_, err := c.ChangeOwnPassword(ctx, c.s, password, newPassword)
		return err
	}
}

func firstName(name string) func(context.Context, *eventCase) error {
	return func(ctx context.Context, c *eventCase) error {
		_, err := c.ChangeProfile(ctx, c.s, func(u *signup.User) error {
			u.FirstName = name
			return nil
		})
		return err
	}
}

func setActive(active bool) func(context.Context, *eventCase) error {
	return func(ctx context.Context, c *eventCase) error { return c.SetActive(ctx, adaEmail, active) }
}

var inactive = changed(func(u *signup.User) { u.Active = false })

// changeEvents are the changes of an account, and its end.
var changeEvents = []eventCall{
	{name: "ChangeOwnPassword", call: changeOwn(goodPassword),
		before: "password_changed/password", after: "password_changed/password", history: "password_changed/password"},
	{name: "ChangeOwnPassword with a wrong one", call: changeOwn(wrong), err: signup.ErrBadCredentials, after: "log_in_refused/wrong"},
	{name: "ChangeProfile", call: firstName("Augusta"),
		before: "profile_changed/session+", after: "profile_changed/session+", history: "profile_changed/session+"},
	{name: "ChangeProfile of nothing", call: firstName("Ada")},
	{name: "Deactivate", call: func(ctx context.Context, c *eventCase) error { return c.Deactivate(ctx, c.s) },
		before: "deactivated/session+", after: "deactivated/session+", history: "deactivated/session+"},
	{name: "SetActive to false", call: setActive(false), before: "deactivated/set", after: "deactivated/set", history: "deactivated/set"},
	{name: "SetActive to false again", prepare: inactive, call: setActive(false)},
	{name: "SetActive to true", prepare: inactive, call: setActive(true), after: "activated/set", history: "activated/set"},
	{name: "SetActive to true again", call: setActive(true)},
	{name: "DeleteAccount", call: func(ctx context.Context, c *eventCase) error { return c.DeleteAccount(ctx, c.s) },
		before: "deleted/session+", after: "deleted/session+", gone: true, moves: true},
	{name: "DeleteUser", call: func(ctx context.Context, c *eventCase) error { return c.DeleteUser(ctx, adaEmail) },
		before: "deleted/set", after: "deleted/set", gone: true, moves: true},
	{name: "ExportData", call: func(ctx context.Context, c *eventCase) error {
		_, err := c.ExportData(ctx, c.s)
		return err
	}, after: "data_exported/session+"},
}
