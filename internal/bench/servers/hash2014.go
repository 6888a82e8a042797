package servers

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/gosignup/signup"
)

// Method2014 is Werkzeug's name of its default hash of 2014. This hash is so cheap
// that it shows what else a sign-up costs.
const Method2014 = "pbkdf2:sha1:1000"

// Hash2014 is a signup.Hasher with Werkzeug's default hash of 2014. It is safe for
// concurrent use.
type Hash2014 struct{}

// Hash returns a hash of password with a random salt.
func (Hash2014) Hash(password string) (signup.Hash, error) {
	return hash2014(password, rand.Text()[:16])
}

// Verify reports whether h is a hash of password.
func (Hash2014) Verify(h signup.Hash, password string) bool {
	parts := strings.Split(string(h), "$")
	if len(parts) != 3 {
		return false
	}
	want, err := hash2014(password, parts[1])
	return err == nil && subtle.ConstantTimeCompare([]byte(h), []byte(want)) == 1
}

// NeedsRehash reports whether h is by another method than [Method2014].
func (Hash2014) NeedsRehash(h signup.Hash) bool { return !strings.HasPrefix(string(h), Method2014+"$") }

// Work returns the least work.
func (Hash2014) Work() signup.Work { return signup.Work{Rounds: 1} }

func hash2014(password, salt string) (signup.Hash, error) {
	key, err := pbkdf2.Key(sha1.New, password, []byte(salt), 1000, sha1.Size)
	if err != nil {
		return "", err
	}
	return signup.Hash(Method2014 + "$" + salt + "$" + hex.EncodeToString(key)), nil
}
