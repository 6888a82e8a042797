package signup

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/gosignup/signup/internal/hashfmt"
	"golang.org/x/crypto/argon2"
)

// Argon2id is a [Hasher] that uses argon2id (RFC 9106), which takes memory as well
// as time. The zero value has the first parameters that the OWASP Password
// Storage Cheat Sheet names: 19 MiB, two passes, one lane.
//
// A password is put into Unicode normalization form C (NIST SP 800-63B-4,
// section 3.1.1.2) and hashed as a whole. The hash is in the PHC string format,
//
//	$argon2id$v=19$m=19456,t=2,p=1$salt$hash
//
// with a salt of 16 bytes and a hash of 32, in standard Base64 without padding.
type Argon2id struct {
	// Memory is in KiB. 0 is 19456, which is 19 MiB. It must be at least 8 times
	// Threads, and at most 4 GiB, twice the most that RFC 9106, section 4, recommends.
	Memory uint32
	// Time is the number of passes over the memory. 0 is 2.
	Time uint32
	// Threads is the number of lanes. Each keeps one processor busy while a
	// password is hashed. 0 is 1, and 64 is the most.
	Threads uint8
}

const (
	argon2Salt = 16 // bytes
	argon2Hash = 32

	maxArgon2Memory = 4 << 20 // KiB; a Memory in bytes would be more
)

func (a Argon2id) params() Argon2id {
	if a.Memory == 0 {
		a.Memory = 19 << 10
	}
	if a.Time == 0 {
		a.Time = 2
	}
	if a.Threads == 0 {
		a.Threads = 1
	}
	return a
}

// check returns what is wrong with the parameters.
func (a Argon2id) check() error {
	a = a.params()
	if a.Threads > hashfmt.MaxArgon2Lanes {
		return fmt.Errorf("signup: argon2id: %d threads are more than %d", a.Threads, hashfmt.MaxArgon2Lanes)
	}
	if a.Memory > maxArgon2Memory {
		return fmt.Errorf("signup: argon2id: %d KiB are more than 4 GiB", a.Memory)
	}
	if a.Memory < 8*uint32(a.Threads) {
		return fmt.Errorf("signup: argon2id: %d KiB are too few for %d threads", a.Memory, a.Threads)
	}
	return nil
}

// Hash returns the hash of password. If Memory is less than 8 times Threads or more
// than 4 GiB, or Threads is more than 64, it returns an error.
func (a Argon2id) Hash(password string) (Hash, error) {
	if err := a.check(); err != nil {
		return "", err
	}
	a = a.params()
	salt := make([]byte, argon2Salt)
	_, _ = rand.Read(salt) // never fails
	hash := argon2.IDKey([]byte(nfc(password)), salt, a.Time, a.Memory, a.Threads, argon2Hash)
	b64 := base64.RawStdEncoding
	return Hash(fmt.Sprintf("%s$%s$%s", a.prefix(), b64.EncodeToString(salt), b64.EncodeToString(hash))), nil
}

// Verify reports whether h is an argon2id hash of password. Its parameters may
// differ from a's, within the default of [HashLimits].MaxStoredWork.
func (a Argon2id) Verify(h Hash, password string) bool {
	return verifyStored(h, a.Work(), password, hashfmt.Argon2id)
}

// NeedsRehash reports whether h is anything but an argon2id hash with a's
// parameters.
func (a Argon2id) NeedsRehash(h Hash) bool {
	_, ok := parseScheme(h, hashfmt.Argon2id)
	return !ok || !strings.HasPrefix(string(h), a.prefix()+"$")
}

// Work returns Memory, and the rounds of bcrypt that take as long as the passes
// over it.
func (a Argon2id) Work() Work {
	a = a.params()
	return Work(hashfmt.Argon2idWork(a.Memory, a.Time))
}

// prefix returns what precedes the salt.
func (a Argon2id) prefix() string {
	a = a.params()
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d", argon2.Version, a.Memory, a.Time, a.Threads)
}
