package signup

import (
	"context"
	"crypto/rand"
	"fmt"
)

// SendLogIn sends the user of the address email a mail for a log-in without a password,
// if the user is active. The mail has a Token for [Accounts.LogInByToken], as a link,
// and a Code for [Accounts.LogInByCode], to be typed. Either of them logs the user in
// once: the first use voids all that were sent before. Both expire after
// [Accounts].TokenLife.
//
// The challenge is for LogInByCode, which accepts the Code only together with it. Keep
// it in the browser that asked: in a cookie with Secure, HttpOnly and SameSite that
// lasts for TokenLife, or in a hidden field of the form for the code. It isn't secret
// from that browser, and logs in no user by itself. It has about 100 characters for a
// common address and at most 414, which are letters, digits, "-" and "_". The address
// can't be read in it.
//
// If the address has no active user, no mail is sent, or with [Accounts].Discreet one with
// [NoticeNoAccount]. The error is nil then as well, and the challenge has the same length
// and form, but no code fits it. So neither reveals which addresses are registered. The
// time that Send takes may reveal it without Discreet. The mail goes to the stored
// address, never to another spelling that was typed.
//
// If such a mail was sent to the address within [Limits].MailInterval, also because
// another client asked for it, no other is sent, and the challenge is empty: keep the one
// before it. The token of that mail logs in every browser.
//
// The user need not have a password, and the address may be unverified. SendLogIn
// changes nothing: it is one call of the Counter, one more if c has an Origin, and one
// Store.Get. A person with access to the user's mail can log in with it, and the user
// doesn't notice, as no password changes. NIST SP 800-63B-4 doesn't accept mail as an
// out-of-band authenticator (section 3.1.3.1).
//
// The client c is the browser that asks. Its Origin is counted. The errors are those of
// [Accounts.SendEmailVerification]. After an error, there is no challenge.
func (a *Accounts) SendLogIn(ctx context.Context, email string, c Client) (challenge string, err error) {
	may, err := a.sendToUser(ctx, PurposeLogIn, email, c, func(u User) error {
		challenge, err = a.sendLogIn(ctx, u)
		return err
	})
	if err != nil || !may || challenge != "" {
		return challenge, err
	}
	key, err := CanonicalEmail(email)
	if err != nil {
		return "", err
	}
	t := a.newLogInToken(User{Email: key})
	_, _ = rand.Read(t.state) // never returns an error
	challenge, _, err = a.newChallenge(t)
	return challenge, err
}

// sendLogIn sends u a mail for a log-in, and returns its challenge.
func (a *Accounts) sendLogIn(ctx context.Context, u User) (challenge string, err error) {
	t := a.newLogInToken(u)
	challenge, code, err := a.newChallenge(t)
	if err != nil {
		return "", err
	}
	text, err := a.seal(t)
	if err != nil {
		return "", err
	}
	if err := a.send(ctx, Mail{To: u.Email, Purpose: PurposeLogIn, Token: text, Code: code, Expires: t.expires, User: u}); err != nil {
		return "", err
	}
	return challenge, nil
}

// newLogInToken returns a token for a log-in of u.
func (a *Accounts) newLogInToken(u User) token {
	return token{
		purpose: PurposeLogIn, key: u.Key(), state: stateOf(PurposeLogIn, u),
		expires: expiryAfter(a.tokenLife()),
	}
}

// LogInByToken logs in the user that the token was sent to by [Accounts.SendLogIn], and
// returns a Session for the client c, whose By is [ByEmail]. It uses the token: call it
// for a POST request, never for a GET request, which programs that scan mail send as
// well. For GET, call [Accounts.PeekToken] and show a page with a button.
//
// The log-in is recorded as by [Accounts.LogIn]: c.Cookie and c.Label have the same
// effect, a user stored without a SecurityStamp gets one, and at most fifty devices are
// listed. LogInByToken also sets UpdatedAt, and EmailVerifiedAt if that is zero, because
// the mail has reached the user. So it doesn't return [ErrUnverified], and from then on
// the password that was chosen at the sign-up logs in as well; see [VerifyBeforeLogIn].
// All of it is one Store.Get and one [Store.Update], more if other calls change the user
// in the meantime.
//
// The token works once: of any number of calls at once, one returns a Session, and the
// others return [ErrToken]. A log-in by any token or code voids all other ones of the
// user. So do a new password, another address, and the end of all sessions. If the user
// is inactive, deleted or registered anew, the error is ErrToken as well. A log-in by
// password leaves the token valid.
//
// If Secrets isn't set, the error wraps [ErrNotConfigured]. If c.Origin makes too many
// calls ([Limits].PerOrigin), it is [ErrThrottled]. If other calls change the user all the
// time, it is [ErrBusy]. If Private isn't in the form that this package writes, nothing is
// changed, and the error wraps none of this package's. Any other error is the Store's or
// ctx's. After an error of Store.Update, the outcome is unknown:
// the token may be used, and a device may be listed that has no session. The user asks
// for another mail then.
func (a *Accounts) LogInByToken(ctx context.Context, token string, c Client) (Session, error) {
	if err := a.setUp(); err != nil {
		return Session{}, err
	}
	if err := a.countOrigin(ctx, c); err != nil {
		return Session{}, fmt.Errorf("log in: %w", err)
	}
	return a.logInByToken(ctx, token, c)
}

// logInByToken is LogInByToken for a call that was counted.
func (a *Accounts) logInByToken(ctx context.Context, token string, c Client) (Session, error) {
	entry := a.newEntry(c, ByEmail)
	var asked User
	u, err := a.useToken(ctx, token, PurposeLogIn, entry.isIn, func(u *User) error {
		if u.EmailVerifiedAt.IsZero() {
			u.EmailVerifiedAt = now()
		}
		if err := countLinkLogIn(u); err != nil {
			return fmt.Errorf("log in: %w", err)
		}
		asked = *u
		return entry.record(ctx, u)
	})
	if err != nil {
		a.noteRefusal(ctx, attempt{}, asked, err) // by Before
		return Session{}, err
	}
	entry.change.done(ctx)
	return entry.session(u), nil
}
