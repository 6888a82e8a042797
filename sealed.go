package signup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// The bytes of a sealed text, in order:
//
//	version     1
//	salt        16   random
//	            the rest is sealed, which adds a tag of 16 bytes
const (
	saltSize = 16
	tagSize  = 16
)

// A sealing is a kind of text that the Secrets seal: tokens, or device cookies.
type sealing struct {
	domain      string // separates these texts from those of other kinds
	version     byte
	least, most int // how long they are, in bytes
}

var sealedText = base64.RawURLEncoding.Strict()

// sealNonce is the same for all texts, since each has its own key.
var sealNonce [12]byte

// cipher returns the cipher of the text with a salt.
//
// Each text has a key of its own, derived from the secret and its salt. AES-GCM
// loses its security if a nonce repeats under one key, and its nonces of 96 bits
// are too short to be chosen at random for texts without end (NIST SP 800-38D,
// section 8.3: 2³² of them). With a key used once, the nonce can be constant. Two
// of 2⁴⁸ texts have the same salt with a probability of 2⁻³³.
func (k sealing) cipher(secret Secret, salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret.bytes(), salt, k.domain, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// header is sealed with a text without being in it.
func (k sealing) header() []byte { return sealedHeader(k.domain, k.version) }

func sealedHeader(domain string, version byte) []byte { return append([]byte(domain), version) }

// seal returns the text of plain, sealed by the first of secrets.
func (k sealing) seal(secrets []Secret, plain []byte) (string, error) {
	sealed := make([]byte, 1+saltSize, k.most)
	sealed[0] = k.version
	_, _ = rand.Read(sealed[1:]) // never returns an error
	c, err := k.cipher(secrets[0], sealed[1:])
	if err != nil {
		return "", err
	}
	return sealedText.EncodeToString(c.Seal(sealed, sealNonce[:], plain, k.header())), nil
}

// open returns what one of secrets has sealed in text, or false if none has.
func (k sealing) open(secrets []Secret, text string) (plain []byte, ok bool, err error) {
	sealed, ok := k.decode(text)
	if !ok {
		return nil, false, nil
	}
	for _, secret := range secrets {
		c, err := k.cipher(secret, sealed[1:1+saltSize])
		if err != nil {
			return nil, false, err
		}
		if plain, err := c.Open(nil, sealNonce[:], sealed[1+saltSize:], k.header()); err == nil {
			return plain, true, nil
		}
	}
	return nil, false, nil
}

// decode returns the bytes of text, and reports whether it can be one of this kind. No
// other text has the same bytes.
func (k sealing) decode(text string) ([]byte, bool) {
	if len(text) > sealedText.EncodedLen(k.most) || strings.ContainsAny(text, "\r\n") { // which base64 skips
		return nil, false
	}
	sealed, err := sealedText.DecodeString(text)
	if err != nil || len(sealed) < k.least || sealed[0] != k.version {
		return nil, false
	}
	return sealed, true
}
