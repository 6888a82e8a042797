package legacyhash

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
	"golang.org/x/crypto/scrypt"
)

// FirebaseParameters are the password hash parameters of a Firebase project, as
// the Firebase console shows them. SignerKey is a secret.
type FirebaseParameters struct {
	SignerKey     string // base64_signer_key, at least 16 bytes of standard Base64
	SaltSeparator string // base64_salt_separator; it may be empty
	Rounds        int    // rounds, from 1 to 8
	MemCost       int    // mem_cost, from 1 to 14
}

// check returns what is wrong with the numbers. The limits are Firebase's own.
func (p FirebaseParameters) check() error {
	if p.Rounds < 1 || p.Rounds > 8 || p.MemCost < 1 || p.MemCost > 14 {
		return errors.New("legacyhash: Firebase allows 1 to 8 rounds and a mem_cost of 1 to 14")
	}
	return nil
}

// firebaseMark precedes the salt and the hash.
const firebaseMark = "$firebase-scrypt$"

// Firebase returns the format of Firebase Authentication: the signer key of the
// project, encrypted under a key that scrypt makes of the password. If a parameter
// is not as described, it returns an error.
func Firebase(p FirebaseParameters) (signup.HashFormat, error) {
	signerKey, keyOK := decode(base64.StdEncoding, p.SignerKey)
	separator, separatorOK := decode(base64.StdEncoding, p.SaltSeparator)
	if !keyOK || len(signerKey) < 16 || !separatorOK {
		return nil, errors.New("legacyhash: Firebase's signer key or salt separator is not as the console shows it")
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	n := 1 << p.MemCost
	return format(func(text string) (signup.ParsedHash, bool) {
		salt, want, ok := parseFirebase(text)
		if !ok || len(want) != len(signerKey) {
			return signup.ParsedHash{}, false
		}
		salt = append(salt, separator...)
		return signup.ParsedHash{
			Scheme: "firebase-scrypt",
			Work:   scryptWork(uint64(n), uint64(p.Rounds), 1),
			Matches: limited(anyLength, func(password []byte) bool {
				key, err := scrypt.Key(password, salt, n, p.Rounds, 1, 32)
				return err == nil && equal(want, encryptCTR(key, signerKey))
			}),
		}, true
	}), nil
}

// encryptCTR encrypts plain by AES-256 in counter mode, from counter 0.
func encryptCTR(key, plain []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil // never: the key has 32 bytes
	}
	out := make([]byte, len(plain))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, plain)
	return out
}

// parseFirebase parses $firebase-scrypt$, the Base64 of 1 to 64 bytes of salt, "$"
// and the Base64 of the hash.
func parseFirebase(text string) (salt, hash []byte, ok bool) {
	rest, marked := strings.CutPrefix(text, firebaseMark)
	saltText, hashText, _ := strings.Cut(rest, "$")
	salt, saltOK := decode(base64.StdEncoding, saltText)
	hash, hashOK := decode(base64.StdEncoding, hashText)
	return salt, hash, marked && saltOK && hashOK && len(salt) > 0 && len(salt) <= 64 && len(hash) >= 16
}

// FirebaseHash returns the text to store for a user of Firebase, from the members
// passwordHash and salt of an export: Base64 of the standard or of the URL-safe
// alphabet. If they are not, the error is [signup.ErrInvalid].
//
// The text is "$firebase-scrypt$", the salt, "$" and the hash, both in standard
// Base64.
func FirebaseHash(passwordHash, salt string) (signup.Hash, error) {
	standard := strings.NewReplacer("-", "+", "_", "/")
	text := firebaseMark + standard.Replace(salt) + "$" + standard.Replace(passwordHash)
	if _, _, ok := parseFirebase(text); !ok {
		return "", fmt.Errorf("legacyhash: not a hash and a salt of Firebase: %w", signup.ErrInvalid)
	}
	return signup.Hash(text), nil
}
