package signup

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// A challenge has what the token for a log-in has, sealed as a text of another kind, so
// that it can't be used as one. Its code is derived from the Secret that sealed it and
// from its text, which has a random salt. So nothing is stored for it. The content of a
// challenge for an address without a user has a random state, which no user is in.
var challenges = sealing{domain: "github.com/gosignup/signup: log-in challenge", version: 1, least: minToken, most: maxToken}

const (
	codeDomain = "github.com/gosignup/signup: log-in code"
	// codeAlphabet is that of Crockford's base32 without vowels, so that no code is a
	// word. It has no I, L and O, which look like 1 and 0.
	codeAlphabet = "0123456789BCDFGHJKMNPQRSTVWXYZ"
	// codeSize is the length of a code: there are 30⁸, which is 6.6·10¹¹. A challenge
	// may see the end of one Limits.Window and the begin of the next. So with 20 guesses
	// in each, its code is guessed with a probability of at most 2·20/30⁸, or 6·10⁻¹¹.
	codeSize = 8
	// maxCodeText is how much of a typed code is looked at, in bytes.
	maxCodeText = 64
)

// newChallenge returns the challenge of t and its code.
func (a *Accounts) newChallenge(t token) (challenge, code string, err error) {
	plain, ok := t.plain()
	if !ok {
		return "", "", errors.New("signup: such a challenge can't be sealed")
	}
	challenge, err = challenges.seal(a.Secrets, plain)
	if err == nil {
		code, err = newCode(a.Secrets[0], challenge)
	}
	if err != nil {
		return "", "", fmt.Errorf("make a log-in code: %w", err)
	}
	return challenge, code, nil
}

// openChallenge returns the content and the code of a challenge that one of the Secrets
// has sealed, if it hasn't expired. Otherwise the error is ErrToken.
func (a *Accounts) openChallenge(challenge string, now time.Time) (t token, code string, err error) {
	if err := a.checkTokens(); err != nil {
		return token{}, "", err
	}
	for i, secret := range a.Secrets {
		plain, ok, err := challenges.open(a.Secrets[i:i+1], challenge)
		if err != nil {
			return token{}, "", fmt.Errorf("open a challenge: %w", err)
		}
		if !ok {
			continue
		}
		t, ok := parseToken(plain)
		if !ok || t.purpose != PurposeLogIn || !now.Before(t.expires) {
			break
		}
		if code, err = newCode(secret, challenge); err != nil {
			return token{}, "", fmt.Errorf("open a challenge: %w", err)
		}
		return t, code, nil
	}
	return token{}, "", ErrToken
}

// newCode returns the code of a challenge that secret has sealed. Each character is 64
// bits modulo 30, so that the frequencies of two differ by less than 2⁻⁶³.
func newCode(secret Secret, challenge string) (string, error) {
	random, err := hkdf.Key(sha256.New, secret.bytes(), []byte(challenge), codeDomain, 8*codeSize)
	if err != nil {
		return "", err
	}
	code := make([]byte, codeSize)
	for i := range code {
		code[i] = codeAlphabet[binary.BigEndian.Uint64(random[8*i:])%uint64(len(codeAlphabet))]
	}
	return string(code), nil
}

// cleanCode returns a typed code in the form of newCode: in capital letters, without
// white space and hyphens, and with the digits that O, I and L look like.
func cleanCode(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Dash, r):
			return -1
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(code[:min(len(code), maxCodeText)]))
}

// LogInByCode logs in the user that the code was sent to by [Accounts.SendLogIn], which
// also returned the challenge, and returns a Session for the client c. It does what
// [Accounts.LogInByToken] does with the token of the same mail, and returns the same
// errors. The error is [ErrToken] also for a wrong code, for a challenge of another mail
// or of an address without a user, and over the limit below.
//
// The code may be typed in lower case, with spaces and hyphens between its characters,
// and with the letters O, I and L for 0 and 1.
//
// There are 6.6·10¹¹ codes. LogInByCode compares at most [Limits].PerAccount wrong ones
// for an address within [Limits].Window, with whichever challenges, and then returns
// ErrToken for right ones as well. A right one begins a new count. A client that asks
// for a log-in of another user can reach that limit on purpose; the token of the mail,
// as a link, works all the same. Use the link if it is on the device of the mail. The
// code is for the other case, where a user reads the mail on a phone, for example. A
// page of an attacker may ask a user for the code: the mail says where it may be typed.
func (a *Accounts) LogInByCode(ctx context.Context, challenge, code string, c Client) (Session, error) {
	t, want, err := a.openChallenge(challenge, time.Now())
	if err != nil {
		return Session{}, err
	}
	if err := a.countOrigin(ctx, c); err != nil {
		return Session{}, fmt.Errorf("log in: %w", err)
	}
	count, err := a.beginAttempt(ctx, countName("code", t.key), a.limits.PerAccount)
	if err != nil {
		return Session{}, fmt.Errorf("log in: %w", err)
	}
	if count.over {
		a.logInRefused(ctx, User{}, ReasonThrottled)
		return Session{}, ErrToken
	}
	if subtle.ConstantTimeCompare([]byte(cleanCode(code)), []byte(want)) != 1 {
		a.logInRefused(ctx, User{}, ReasonWrong)
		return Session{}, ErrToken
	}
	a.endAttempt(ctx, count, nil)
	// With its code, a challenge is worth the token of the mail.
	text, err := a.seal(t)
	if err != nil {
		return Session{}, err
	}
	return a.logInByToken(ctx, text, c)
}
