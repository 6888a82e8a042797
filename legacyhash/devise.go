package legacyhash

import (
	"fmt"
	"strings"

	"github.com/gosignup/signup"
)

// deviseMark precedes the bcrypt hash. Without it, package signup would take the
// hash for one without a pepper.
const deviseMark = "$devise"

// Devise returns the format of Devise, of Ruby on Rails, with the value of its
// setting config.pepper: bcrypt of the password followed by the pepper. bcrypt
// ignores what follows the first 72 bytes of the two. If no pepper was set, the
// hashes need no format and no mark: package signup verifies them as bcrypt's. There
// can be one Devise among the formats: a hash doesn't show its pepper.
func Devise(pepper string) signup.HashFormat {
	return format(func(text string) (signup.ParsedHash, bool) {
		inner, marked := strings.CutPrefix(text, deviseMark)
		cost, ok := parseBcrypt(inner)
		if !marked || !ok {
			return signup.ParsedHash{}, false
		}
		return signup.ParsedHash{
			Scheme: "devise",
			Work:   bcryptWork(cost),
			Matches: limited(maxBcrypt, func(password []byte) bool {
				input := append(password[:len(password):len(password)], pepper...)
				return matchBcrypt(inner, input[:min(maxBcrypt, len(input))])
			}),
		}, true
	})
}

// DeviseHash returns the text to store for a user of Devise with a pepper, from
// the column encrypted_password. A text that doesn't pass through DeviseHash is
// accepted as bcrypt's, and no password matches it. If encrypted_password isn't a
// bcrypt hash, the error is [signup.ErrInvalid].
func DeviseHash(encryptedPassword string) (signup.Hash, error) {
	if _, ok := parseBcrypt(encryptedPassword); !ok {
		return "", fmt.Errorf("legacyhash: encrypted_password is not a bcrypt hash: %w", signup.ErrInvalid)
	}
	return signup.Hash(deviseMark + encryptedPassword), nil
}
