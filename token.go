package signup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
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

// The bytes of a token's text, in order:
//
//	version     1
//	salt        16   random
//	            the rest is sealed, which adds a tag of 16 bytes:
//	purpose     1    purposeRule.code
//	expires     5    seconds since 1970, big-endian
//	state       16
//	key length  1
//	key
//	extra       what remains
const (
	tokenVersion = 1
	saltSize     = 16
	tagSize      = 16
	expiresSize  = 5
	fixedSize    = 1 + expiresSize + stateSize + 1
	// maxExtra is the greatest length of extra in bytes, so that an address fits.
	maxExtra = 255
	minToken = 1 + saltSize + fixedSize + tagSize
	maxToken = minToken + maxEmail + maxExtra

	// tokenDomain separates tokens from whatever else a Secret seals.
	tokenDomain = "github.com/gosignup/signup: token"
)

var (
	tokenText    = base64.RawURLEncoding.Strict()
	maxTokenText = tokenText.EncodedLen(maxToken)
)

// tokenCipher returns the cipher of the token with a salt.
//
// Each token has a key of its own, derived from the secret and its salt. AES-GCM
// loses its security if a nonce repeats under one key, and its nonces of 96 bits
// are too short to be chosen at random for tokens without end (NIST SP 800-38D,
// section 8.3: 2³² of them). With a key used once, the nonce can be constant. Two
// of 2⁴⁸ tokens have the same salt with a probability of 2⁻³³.
func tokenCipher(secret Secret, salt []byte) (cipher.AEAD, error) {
	return sealCipher(secret, salt, tokenDomain)
}

// sealCipher is tokenCipher for what is sealed in a domain.
func sealCipher(secret Secret, salt []byte, domain string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret.bytes(), salt, domain, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// tokenHeader is sealed with a token without being in it.
func tokenHeader(version byte) []byte { return append([]byte(tokenDomain), version) }

// tokenNonce is the same for all tokens, since each has its own key.
var tokenNonce [12]byte

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
	sealed := make([]byte, 1+saltSize, maxToken)
	sealed[0] = tokenVersion
	_, _ = rand.Read(sealed[1:]) // never returns an error
	c, err := tokenCipher(a.Secrets[0], sealed[1:])
	if err != nil {
		return "", fmt.Errorf("seal a token: %w", err)
	}
	return tokenText.EncodeToString(c.Seal(sealed, tokenNonce[:], plain, tokenHeader(tokenVersion))), nil
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
	sealed, ok := decodeToken(text)
	if !ok {
		return token{}, ErrToken
	}
	salt, rest := sealed[1:1+saltSize], sealed[1+saltSize:]
	for _, secret := range a.Secrets {
		c, err := tokenCipher(secret, salt)
		if err != nil {
			return token{}, fmt.Errorf("open a token: %w", err)
		}
		plain, err := c.Open(nil, tokenNonce[:], rest, tokenHeader(sealed[0]))
		if err != nil {
			continue
		}
		t, ok := parseToken(plain)
		if !ok || !now.Before(t.expires) {
			return token{}, ErrToken
		}
		return t, nil
	}
	return token{}, ErrToken
}

// decodeToken returns the bytes of a token's text, and reports whether it can be one.
// A token has exactly one text.
func decodeToken(text string) ([]byte, bool) {
	if len(text) > maxTokenText {
		return nil, false
	}
	sealed, ok := decodeSealed(text)
	if !ok || len(sealed) < minToken || sealed[0] != tokenVersion {
		return nil, false
	}
	return sealed, true
}

// decodeSealed returns the bytes of text. No other text has the same bytes.
func decodeSealed(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") { // which base64 skips
		return nil, false
	}
	sealed, err := tokenText.DecodeString(text)
	return sealed, err == nil
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
