package signup

import (
	"context"
	"time"
)

// NewToken, FindByToken and UseToken are for the tests outside of the package, which
// have a Store.

func (a *Accounts) NewToken(p Purpose, u User, extra string, life time.Duration) (string, time.Time, error) {
	return a.newToken(p, u, extra, life)
}

func (a *Accounts) FindByToken(ctx context.Context, text string, allowed ...Purpose) (User, string, error) {
	u, t, err := a.findByToken(ctx, text, allowed...)
	return u, t.extra, err
}

func (a *Accounts) UseToken(ctx context.Context, text string, p Purpose, change func(*User) error) (User, error) {
	return a.useToken(ctx, text, p, nil, change)
}

// CountLinkLogIn is the change that the use of a token for a log-in makes.
var CountLinkLogIn = countLinkLogIn
