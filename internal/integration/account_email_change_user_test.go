package integration

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/gosignup/signup"
)

// A movingUser is the owner of an account whose address changes. Its email is the address
// that was acknowledged last.
type movingUser struct {
	*owner
	*moveTotals
	id        string
	addresses []string          // that it has had or asked for
	undos     map[string]string // tokens for an undo, by the address that they lead back to
}

// An unlimited Counter permits everything: the checks use wrong passwords all the time.
type unlimited struct{}

func (unlimited) Add(_ context.Context, _ string, n int, _ time.Duration) (int, error) {
	return max(0, min(n, 1)), nil
}

// signUp registers a user, and reports whether the address was free.
func (m *mover) signUp(ctx context.Context, address string) bool {
	accounts, box := newAccounts(m.store)
	u := &movingUser{
		moveTotals: m.moveTotals, addresses: []string{address}, undos: map[string]string{},
		owner: &owner{T: m.T, ownerTotals: &m.owners, accounts: accounts, box: box, email: address},
	}
	accounts.Counter = unlimited{}
	accounts.Send = func(ctx context.Context, mail signup.Mail) error {
		if mail.User.ID != u.id { // an address of another user by now
			return nil
		}
		return box.send(ctx, mail)
	}
	u.password = u.newPassword()
	r := signup.Registration{Email: address, Password: u.password, IdempotencyKey: rand.Text()}
	m.meet(ctx, address)
	taken, _, err := u.untilTaken(ctx, func(ctx context.Context) error {
		registered, err := accounts.Register(ctx, r)
		u.id = registered.ID
		return err
	})
	u.want(ctx, "Register", err, nil)
	if err != nil || taken {
		return false
	}
	m.signUps.Add(1)
	m.won(m.T, address, u.id)
	m.users = append(m.users, u)
	return true
}

// untilTaken is until for a call that may return ErrExists, which it reports as taken.
func (u *movingUser) untilTaken(ctx context.Context, f func(context.Context) error) (taken, repeated bool, err error) {
	repeated, err = u.until(ctx, func(ctx context.Context) error {
		err := f(ctx)
		if taken = errors.Is(err, signup.ErrExists); taken {
			return nil
		}
		return err
	})
	if taken {
		u.refused.Add(1)
	}
	return taken, repeated, err
}

// attempt makes a call until its outcome is known, or, in a third of the cases, once and
// for a short time. Then it reports whether the call was abandoned.
func (u *movingUser) attempt(ctx context.Context, f func(context.Context) error) (taken, repeated, abandoned bool, err error) {
	if mathrand.IntN(3) > 0 {
		taken, repeated, err = u.untilTaken(ctx, f)
		return taken, repeated, false, err
	}
	bounded, cancel := context.WithTimeout(ctx, time.Duration(mathrand.IntN(int(60*time.Millisecond))))
	defer cancel()
	u.calls.Add(1)
	err = f(bounded)
	switch {
	case errors.Is(err, signup.ErrExists):
		u.refused.Add(1)
		return true, false, false, nil
	case err == nil, errors.Is(err, signup.ErrToken):
		return false, false, false, err
	}
	record("%v", err)
	u.abandoned.Add(1)
	return false, false, true, nil
}

// places returns the addresses with which the user logs in.
func (u *movingUser) places(ctx context.Context) []string {
	var at []string
	for _, address := range u.addresses {
		var found signup.User
		_, err := u.until(ctx, func(ctx context.Context) (err error) {
			found, err = u.accounts.Authenticate(ctx, address, u.password)
			return err
		})
		if err != nil {
			u.want(ctx, "Authenticate with an address that isn't the user's", err, signup.ErrBadCredentials)
			continue
		}
		if found.ID != u.id {
			u.Error("got a log-in as another user, want the same one")
		}
		at = append(at, address)
	}
	return at
}

// ask asks for a change of the address, and returns the token for it. It is "" if the
// address is taken.
func (u *movingUser) ask(ctx context.Context, to string) string {
	if !slices.Contains(u.addresses, to) {
		u.addresses = append(u.addresses, to)
	}
	u.logIn(ctx)
	if len(u.live) == 0 {
		return ""
	}
	taken, _, err := u.untilTaken(ctx, func(ctx context.Context) error {
		return u.accounts.SendEmailChange(ctx, u.live[len(u.live)-1], to)
	})
	u.want(ctx, "SendEmailChange", err, nil)
	if err != nil || taken {
		return ""
	}
	u.undos[u.email] = u.box.take(u.email)
	return u.box.take(to)
}
