package main

import "context"

var activateCommand = command{
	name: "activate", operand: "ADDRESS", about: "let a user log in again", quick: true,
	more:    `The user has the same password as before. Sessions that have ended don't go on.`,
	prepare: withoutFlags(withUsers(setActive(true))),
}

var deactivateCommand = command{
	name: "deactivate", operand: "ADDRESS", about: "refuse a user's log-ins, and end all sessions", quick: true,
	more:    `All data stays stored, and the address stays taken. Tokens in mails become void.`,
	prepare: withoutFlags(withUsers(setActive(false))),
}

func setActive(active bool) func(context.Context, *call, store) error {
	text := "the user is inactive, and all sessions have ended"
	if active {
		text = "the user is active"
	}
	return func(ctx context.Context, c *call, s store) error {
		if err := c.accounts(s).SetActive(ctx, c.args[0], active); err != nil {
			return err
		}
		return c.done(text, map[string]bool{"is_active": active})
	}
}

var endSessionsCommand = command{
	name: "end-sessions", operand: "ADDRESS", about: "end all sessions of a user", quick: true,
	more:    `The user may log in again, if active. Tokens in mails become void.`,
	prepare: withoutFlags(withUsers(endSessions)),
}

func endSessions(ctx context.Context, c *call, s store) error {
	if err := c.accounts(s).EndAllSessions(ctx, c.args[0]); err != nil {
		return err
	}
	return c.done("all sessions of the user have ended", map[string]bool{"sessions_ended": true})
}
