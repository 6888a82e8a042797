package signup

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2id is a Hasher by argon2id (RFC 9106), which takes memory as well as
// time. The zero value has the first parameters that the OWASP Password
// Storage Cheat Sheet names: 19 MiB, two passes, one lane.
//
// A password is put into Unicode normalisation form C (NIST SP 800-63B-4,
// section 3.1.1.2) and hashed whole. The hash is in the PHC string format,
//
//	$argon2id$v=19$m=19456,t=2,p=1$salt$hash
//
// with a salt of 16 bytes and a hash of 32, in standard Base64 without padding.
type Argon2id struct {
	// Memory is in KiB. 0 is 19456, which is 19 MiB. It is at least 8 times
	// Threads.
	Memory uint32
	// Time is the number of passes over the memory. 0 is 2.
	Time uint32
	// Threads is the number of lanes, each of which keeps a core busy while
	// a password is hashed. 0 is 1.
	Threads uint8
}

const (
	argon2Salt = 16
	argon2Hash = 32
	// argon2PerRound is how many KiB argon2id passes over in the time of one
	// of bcrypt's rounds: measured 501 ns each, and 55.8 µs a round.
	argon2PerRound = 110
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

// Hash returns the hash of password, or an error if Memory is less than 8
// times Threads.
func (a Argon2id) Hash(password string) (Hash, error) {
	a = a.params()
	if a.Memory < 8*uint32(a.Threads) {
		return "", fmt.Errorf("signup: argon2id: %d KiB are too few for %d threads", a.Memory, a.Threads)
	}
	salt := make([]byte, argon2Salt)
	_, _ = rand.Read(salt) // which never fails
	hash := argon2.IDKey([]byte(nfc(password)), salt, a.Time, a.Memory, a.Threads, argon2Hash)
	b64 := base64.RawStdEncoding
	return Hash(fmt.Sprintf("%s$%s$%s", a.prefix(), b64.EncodeToString(salt), b64.EncodeToString(hash))), nil
}

// Verify reports whether h is an argon2id hash of password. Its parameters may
// be others than a's, within the default of HashLimits.MaxStoredWork.
func (a Argon2id) Verify(h Hash, password string) bool {
	s, ok := parseArgon2id(string(h))
	return ok && s.verifyWithin(maxStored(a.Work()), password)
}

// NeedsRehash reports whether h is not an argon2id hash of a's parameters.
func (a Argon2id) NeedsRehash(h Hash) bool {
	_, ok := parseArgon2id(string(h))
	return !ok || !strings.HasPrefix(string(h), a.prefix()+"$")
}

// Work returns Memory, and the rounds that it takes to pass over it.
func (a Argon2id) Work() Work {
	a = a.params()
	return Work{
		Rounds: int64(uint64(a.Memory)*uint64(a.Time)/argon2PerRound) + 1,
		Memory: int64(a.Memory) << 10,
	}
}

// prefix returns what stands before the salt.
func (a Argon2id) prefix() string {
	a = a.params()
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d", argon2.Version, a.Memory, a.Time, a.Threads)
}

// parseArgon2id reads the PHC string format, with its parameters in their order
// and each once.
func parseArgon2id(h string) (storedHash, bool) {
	// The length also for Verify, which a hash too long for parseHash reaches
	// unbounded; base64 skips line breaks.
	if len(h) > maxStoredHash || strings.ContainsAny(h, "\r\n") {
		return storedHash{}, false
	}
	parts := strings.Split(h, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return storedHash{}, false
	}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return storedHash{}, false
	}
	var values [3]uint64
	for i, param := range []struct {
		name string
		bits int
	}{{"m=", 32}, {"t=", 32}, {"p=", 8}} {
		text, named := strings.CutPrefix(params[i], param.name)
		value, ok := parseCount(text, param.bits)
		if !named || !ok {
			return storedHash{}, false
		}
		values[i] = value
	}
	a := Argon2id{Memory: uint32(values[0]), Time: uint32(values[1]), Threads: uint8(values[2])}
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(parts[4])
	want, wantErr := b64.DecodeString(parts[5])
	// RFC 9106, section 3.1; shorter hashes could be met by chance.
	if saltErr != nil || wantErr != nil || len(salt) < 8 || len(want) < 16 || uint64(a.Memory) < 8*uint64(a.Threads) {
		return storedHash{}, false
	}
	return storedHash{
		work: a.Work(),
		matches: func(password []byte) bool {
			return equal(want, argon2.IDKey(password, salt, a.Time, a.Memory, a.Threads, uint32(len(want))))
		},
	}, true
}

// parseCount reads a positive decimal number without sign or leading zeros.
func parseCount(s string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, bits)
	return n, err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}
