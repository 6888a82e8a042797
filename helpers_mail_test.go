package signup_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// An outbox keeps the mails that Accounts.Send gets.
type outbox struct {
	mu    sync.Mutex
	mails []signup.Mail
	// fail, if set, is called first. If it returns an error, the mail isn't kept.
	fail func(context.Context) error
}

func (o *outbox) send(ctx context.Context, m signup.Mail) error {
	if o.fail != nil {
		if err := o.fail(ctx); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, m)
	return nil
}

// take returns the mails so far, and removes them.
func (o *outbox) take() []signup.Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	mails := o.mails
	o.mails = nil
	return mails
}

// token returns the token of the only mail, which is for purpose, and removes it.
func (o *outbox) token(t testing.TB, purpose signup.Purpose) string {
	t.Helper()
	mails := o.take()
	if len(mails) != 1 || mails[0].Purpose != purpose || mails[0].Token == "" || mails[0].Notice != "" {
		t.Fatalf("got the mails %v, want one with a token for %s", mails, purpose)
	}
	return mails[0].Token
}

// checkNotice reports if the mails so far aren't one notice to adaEmail.
func (o *outbox) checkNotice(t testing.TB, notice signup.Notice) {
	t.Helper()
	mails := o.take()
	if len(mails) != 1 {
		t.Fatalf("got the mails %v, want one", mails)
	}
	m := mails[0]
	if m.Notice != notice || m.Purpose != "" || m.Token != "" || !m.Expires.IsZero() || m.To != adaEmail || m.User.Email != adaEmail {
		t.Errorf("got the mail %v, to the user's address: %t; want the notice %s to it, without a token", m, m.To == adaEmail, notice)
	}
}

// mailAccounts returns Accounts that can send any number of mails, and the mails.
func mailAccounts() (*signup.Accounts, *outbox) {
	a, o := tokenAccounts("first"), new(outbox)
	a.Limits.MailInterval = time.Nanosecond
	a.Send = o.send
	return a, o
}

// A sendCall is a call that sends a user a mail with a token.
type sendCall struct {
	name    string
	purpose signup.Purpose
	call    func(a *signup.Accounts, ctx context.Context, email string, c signup.Client) error
}

var sendCalls = []sendCall{
	{"SendEmailVerification", signup.PurposeVerifyEmail, (*signup.Accounts).SendEmailVerification},
	{"SendPasswordReset", signup.PurposeResetPassword, (*signup.Accounts).SendPasswordReset},
}

// use uses a token of a sendCall's mail.
func (c sendCall) use(ctx context.Context, a *signup.Accounts, token string) (signup.User, error) {
	if c.purpose == signup.PurposeVerifyEmail {
		return a.VerifyEmail(ctx, token)
	}
	return a.ResetPassword(ctx, token, newPassword)
}

// mailed returns a token that was sent to the user of adaEmail.
func (c sendCall) mailed(t testing.TB, a *signup.Accounts, o *outbox) string {
	t.Helper()
	if err := c.call(a, t.Context(), adaEmail, signup.Client{}); err != nil {
		t.Fatalf("%s returned %v, want nil", c.name, err)
	}
	return o.token(t, c.purpose)
}
