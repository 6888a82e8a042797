package legacyhash

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/gosignup/signup"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"
)

// parseSpringScrypt parses "$e0801$", the Base64 of a salt of 8 to 64 bytes, "$"
// and that of 32 bytes of hash. In the hexadecimal number, the last two digits are
// p, the two before r, and the first ones the logarithm of N.
func parseSpringScrypt(text string) (signup.ParsedHash, bool) {
	parts := strings.Split(text, "$")
	if len(parts) != 4 || parts[0] != "" {
		return signup.ParsedHash{}, false
	}
	params, err := strconv.ParseUint(parts[1], 16, 32)
	log, r, p := params>>16, params>>8&0xff, params&0xff
	salt, saltOK := decode(base64.StdEncoding, parts[2])
	want, wantOK := decode(base64.StdEncoding, parts[3])
	if err != nil || strconv.FormatUint(params, 16) != parts[1] || !springScryptAllows(log, r, p) ||
		!saltOK || !wantOK || len(salt) < 8 || len(salt) > 64 || len(want) != 32 {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme: "spring-scrypt",
		Work:   scryptWork(1<<log, r, p),
		Matches: limited(anyLength, func(password []byte) bool {
			got, err := scrypt.Key(password, salt, 1<<log, int(r), int(p), len(want))
			return err == nil && equal(want, got)
		}),
	}, true
}

// springScryptAllows reports whether SCryptPasswordEncoder accepts N=1<<log, r and
// p, whose N is an int of 32 bits.
func springScryptAllows(log, r, p uint64) bool {
	return log >= 1 && log <= 30 && r >= 1 && p >= 1 && p <= (1<<31-1)/(128*r*8) && (r > 1 || log <= 16)
}

// parseSpringArgon2 parses the PHC string format, as Argon2PasswordEncoder writes
// it for argon2id: a salt of 8 to 64 bytes and a hash of 16 to 64, within the
// limits of RFC 9106, section 3.1, and at most 64 lanes.
func parseSpringArgon2(text string) (signup.ParsedHash, bool) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return signup.ParsedHash{}, false
	}
	memory, passes, lanes, ok := parseArgon2Params(parts[3])
	salt, saltOK := decode(base64.RawStdEncoding, parts[4])
	want, wantOK := decode(base64.RawStdEncoding, parts[5])
	if !ok || !saltOK || !wantOK || len(salt) < 8 || len(salt) > 64 || len(want) < 16 || len(want) > 64 {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme: "spring-argon2id",
		Work:   argon2Work(memory, passes, lanes),
		Matches: limited(anyLength, func(password []byte) bool {
			return equal(want, argon2.IDKey(password, salt, passes, memory, lanes, uint32(len(want))))
		}),
	}, true
}

// maxArgon2Lanes is the greatest number of lanes, as in package signup. Each is a
// goroutine, so a hash with more of them would take every processor at once.
const maxArgon2Lanes = 64

// parseArgon2Params parses "m=16384,t=2,p=1".
func parseArgon2Params(text string) (memory, passes uint32, lanes uint8, ok bool) {
	params := strings.Split(text, ",")
	if len(params) != 3 {
		return 0, 0, 0, false
	}
	var values [3]uint64
	for i, param := range []struct {
		name  string
		limit uint64
	}{{"m=", 1<<32 - 1}, {"t=", 1<<32 - 1}, {"p=", maxArgon2Lanes}} {
		number, named := strings.CutPrefix(params[i], param.name)
		n, ok := parseNumber(number, param.limit)
		if !named || !ok {
			return 0, 0, 0, false
		}
		values[i] = n
	}
	m, t, p := values[0], values[1], values[2]
	return uint32(m), uint32(t), uint8(p), m >= 8*p
}
