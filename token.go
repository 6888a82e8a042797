package signup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A token is what is sealed in the text that a mail contains. Nothing of it is
// stored. It can be used while the user is in the state that it is bound to.
type token struct {
	purpose Purpose
	key     string    // of the user
	expires time.Time // to the second; the token isn't valid then any more
	state   []byte    // as stateOf returns it
	extra   string    // such as the new address
}

// The bytes that are sealed in a token, in order:
//
//	purpose     1    purposeRule.code
//	expires     5    seconds since 1970, big-endian
//	state       16
//	key length  1
//	key
//	extra       what remains
const (
	tokenVersion = 1
	expiresSize  = 5
	fixedSize    = 1 + expiresSize + stateSize + 1
	// maxExtra is the greatest length of extra in bytes, so that an address fits.
	maxExtra = 255
	minToken = 1 + saltSize + fixedSize + tagSize
	maxToken = minToken + maxEmail + maxExtra
)

var tokens = sealing{domain: "github.com/gosignup/signup: token", version: tokenVersion, least: minToken, most: maxToken}

// checkTokens returns why tokens can't be sealed or opened, or nil.
func (a *Accounts) checkTokens() error {
	if err := a.setUp(); err != nil {
		return err
	}
	if len(a.Secrets) == 0 {
		return fmt.Errorf("%w: Accounts.Secrets is empty", ErrNotConfigured)
	}
	return nil
}

// seal returns the text of t, sealed by the first secret.
func (a *Accounts) seal(t token) (string, error) {
	if err := a.checkTokens(); err != nil {
		return "", err
	}
	plain, ok := t.plain()
	if !ok {
		return "", errors.New("signup: such a token can't be sealed")
	}
	text, err := tokens.seal(a.Secrets, plain)
	if err != nil {
		return "", fmt.Errorf("seal a token: %w", err)
	}
	return text, nil
}

// plain returns the bytes of t that are sealed, and reports whether it fits in them.
func (t token) plain() ([]byte, bool) {
	rule, ok := purposes[t.purpose]
	expires := t.expires.Unix()
	if !ok || t.key == "" || len(t.key) > maxEmail || len(t.extra) > maxExtra || len(t.state) != stateSize ||
		expires < 0 || expires >= 1<<(8*expiresSize) {
		return nil, false
	}
	plain := make([]byte, 0, fixedSize+len(t.key)+len(t.extra))
	plain = append(plain, rule.code)
	plain = append(plain, binary.BigEndian.AppendUint64(nil, uint64(expires))[8-expiresSize:]...)
	plain = append(plain, t.state...)
	plain = append(plain, byte(len(t.key)))
	plain = append(plain, t.key...)
	return append(plain, t.extra...), true
}

// open returns the token that text is, if one of the secrets sealed it and it hasn't
// expired. Otherwise the error is ErrToken, whatever the reason.
func (a *Accounts) open(text string, now time.Time) (token, error) {
	if err := a.checkTokens(); err != nil {
		return token{}, err
	}
	plain, ok, err := tokens.open(a.Secrets, text)
	if err != nil {
		return token{}, fmt.Errorf("open a token: %w", err)
	}
	if !ok {
		return token{}, ErrToken
	}
	t, ok := parseToken(plain)
	if !ok || !now.Before(t.expires) {
		return token{}, ErrToken
	}
	return t, nil
}

// parseToken returns the token of which plain is the content.
func parseToken(plain []byte) (t token, ok bool) {
	if len(plain) < fixedSize {
		return token{}, false
	}
	t.purpose = purposeOf(plain[0])
	plain = plain[1:]
	t.expires = time.Unix(int64(binary.BigEndian.Uint64(append(make([]byte, 8-expiresSize, 8), plain[:expiresSize]...))), 0).UTC()
	plain = plain[expiresSize:]
	t.state = plain[:stateSize:stateSize]
	n := int(plain[stateSize])
	plain = plain[stateSize+1:]
	if t.purpose == "" || n == 0 || n > len(plain) {
		return token{}, false
	}
	t.key, t.extra = string(plain[:n]), string(plain[n:])
	return t, true
}
