package integration

import (
	"context"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/gosignup/signup"
)

// move changes the address, unless it is taken.
func (u *movingUser) move(ctx context.Context, to string) {
	if to == u.email {
		return
	}
	token := u.ask(ctx, to)
	if token == "" {
		return
	}
	u.meet(ctx, to)
	taken, _, abandoned, err := u.attempt(ctx, func(ctx context.Context) error {
		_, err := u.accounts.ConfirmEmailChange(ctx, token)
		return err
	})
	switch {
	case abandoned:
		u.settleMove(ctx, to)
	case taken:
		delete(u.undos, u.email)
	default:
		u.want(ctx, "ConfirmEmailChange", err, nil)
		u.changes.Add(1)
		u.moved(ctx, to)
	}
}

// moved notes that the user has another address. The token of the mail that follows the
// change may be missing, as if the process had ended before it. Then that of the mail
// before is used.
func (u *movingUser) moved(ctx context.Context, to string) {
	if token := u.box.take(u.email); token != "" {
		u.undos[u.email] = token
	}
	delete(u.undos, to)
	for _, s := range u.live {
		_, err := u.until(ctx, func(ctx context.Context) error { _, err := u.accounts.Resume(ctx, s); return err })
		u.want(ctx, "Resume of a session from before the change of address", err, signup.ErrEnded)
	}
	u.email, u.live = to, nil
	u.won(u.T, to, u.id)
	u.check(ctx)
}

// settleMove finds out whether an abandoned change was made.
func (u *movingUser) settleMove(ctx context.Context, to string) {
	for range 5 {
		at := u.places(ctx)
		switch {
		case slices.Equal(at, []string{to}):
			u.applied.Add(1)
			u.moved(ctx, to)
			return
		case slices.Equal(at, []string{u.email}) && u.holds(ctx):
			delete(u.undos, u.email)
			return
		}
		sleep(ctx, 100*time.Millisecond) // the change was made in between
	}
	u.check(ctx)
}

// holds logs the user in, and reports whether that succeeds. It changes the stored user, so
// that an abandoned call can't change the address any more.
func (u *movingUser) holds(ctx context.Context) bool {
	_, err := u.until(ctx, func(ctx context.Context) error {
		_, err := u.accounts.LogIn(ctx, u.email, u.password, signup.Client{})
		return err
	})
	return err == nil
}

// undo moves the user back to one of the former addresses.
func (u *movingUser) undo(ctx context.Context) {
	var former []string
	for address := range u.undos {
		former = append(former, address)
	}
	if len(former) == 0 {
		return
	}
	to := former[mathrand.IntN(len(former))]
	token := u.undos[to]
	clear(u.undos) // those of later addresses are void
	_, repeated, abandoned, err := u.attempt(ctx, func(ctx context.Context) error {
		_, err := u.accounts.UndoEmailChange(ctx, token)
		return err
	})
	if abandoned {
		u.settleUndo(ctx, to)
		return
	}
	if !(repeated && err == signup.ErrToken) { // an earlier call has used it
		u.want(ctx, "UndoEmailChange", err, nil)
	}
	u.undone.Add(1)
	u.moveBack(ctx, to)
}

// settleUndo finds out whether an abandoned undo was made.
func (u *movingUser) settleUndo(ctx context.Context, to string) {
	for range 5 {
		at := u.places(ctx)
		switch {
		case len(at) == 0:
			u.applied.Add(1)
			u.moveBack(ctx, to)
			return
		case slices.Equal(at, []string{u.email}) && u.holds(ctx):
			return
		}
		sleep(ctx, 100*time.Millisecond) // the undo was made in between
	}
	u.check(ctx)
}

// moveBack notes that the user was moved back. No password works, and one address gets a
// mail for a reset, after which the user logs in with it.
func (u *movingUser) moveBack(ctx context.Context, to string) {
	if at := u.places(ctx); len(at) != 0 && ctx.Err() == nil {
		u.doubled.Add(1)
		u.Errorf("after an undo, the user logs in with %d addresses by the former password, want 0", len(at))
	}
	var at []string
	for _, address := range u.addresses {
		u.box.take(address) // forget that of another purpose
		_, err := u.until(ctx, func(ctx context.Context) error {
			return u.accounts.SendPasswordReset(ctx, address, signup.Client{})
		})
		u.want(ctx, "SendPasswordReset", err, nil)
		if u.box.take(address) != "" {
			at = append(at, address)
		}
	}
	if !slices.Equal(at, []string{to}) && ctx.Err() == nil {
		u.lost.Add(1)
		u.Errorf("after an undo, %d addresses got a mail for a reset, the former one among them: %t; want 1, true", len(at), slices.Contains(at, to))
	}
	u.email, u.live = to, nil
	u.reset(ctx)
	u.check(ctx)
}

// cancel asks for a change of the address, and undoes it before it is made.
func (u *movingUser) cancel(ctx context.Context, to string) {
	change := u.ask(ctx, to)
	if change == "" {
		return
	}
	undo := u.undos[u.email]
	delete(u.undos, u.email) // those of former addresses stay valid
	repeated, err := u.until(ctx, func(ctx context.Context) error {
		_, err := u.accounts.UndoEmailChange(ctx, undo)
		return err
	})
	if !(repeated && err == signup.ErrToken) { // an earlier call has used it
		u.want(ctx, "UndoEmailChange before the change", err, nil)
	}
	u.canceled.Add(1)
	_, err = u.until(ctx, func(ctx context.Context) error {
		_, err := u.accounts.ConfirmEmailChange(ctx, change)
		return err
	})
	u.want(ctx, "ConfirmEmailChange after the undo", err, signup.ErrToken)
	u.moveBack(ctx, u.email)
}
