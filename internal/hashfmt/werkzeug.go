package hashfmt

import (
	"crypto/hmac"
	"encoding/hex"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// scryptPerRound is how many of scrypt's N*r*p take the time of one round of
// bcrypt: measured 324 ns each, and 55.8 µs a round.
const scryptPerRound = 170

// parseWerkzeug parses what werkzeug.security.generate_password_hash has made
// since 2011: METHOD$SALT$HEX. The salt is used as text.
func parseWerkzeug(hash string) (Hash, bool) {
	method, rest, _ := strings.Cut(hash, "$")
	salt, text, ok := strings.Cut(rest, "$")
	want, err := hex.DecodeString(text)
	if !ok || salt == "" || err != nil || text != strings.ToLower(text) {
		return Hash{}, false
	}
	args := strings.Split(method, ":")
	switch {
	case args[0] == "scrypt" && len(args) == 4:
		return werkzeugScrypt(args[1:], salt, want)
	case args[0] == "pbkdf2" && len(args) == 3:
		return pbkdf2Hash(WerkzeugPBKDF2, args[1], args[2], salt, want)
	case len(args) == 1:
		return werkzeugHMAC(args[0], salt, want)
	}
	return Hash{}, false
}

// werkzeugScrypt accepts the parameters that scrypt.Key accepts (RFC 7914,
// section 2), and the 64 bytes that Werkzeug asks for.
func werkzeugScrypt(params []string, salt string, want []byte) (Hash, bool) {
	var values [3]uint64
	for i, param := range params {
		var ok bool
		if values[i], ok = parseCount(param, 31); !ok {
			return Hash{}, false
		}
	}
	n, r, p := values[0], values[1], values[2]
	const most = 1 << 40 // of N*r*p, so that no product overflows; no limit on work is so high
	if len(want) != 64 || n < 2 || n&(n-1) != 0 || r*p >= 1<<30 || n > most/(r*p) {
		return Hash{}, false
	}
	return Hash{
		Scheme: WerkzeugScrypt,
		Work: Work{
			Rounds: int64((n+4)*r*p)/scryptPerRound + 1, // 4: for the PBKDF2 before and after
			Memory: int64(128 * r * (n + p + 2)),
		},
		Matches: func(input []byte) bool {
			got, err := scrypt.Key(input, []byte(salt), int(n), int(r), int(p), len(want))
			return err == nil && equal(want, got)
		},
	}, true
}

// werkzeugHMAC returns a hash that is an HMAC of the password, keyed by the salt.
func werkzeugHMAC(name, salt string, want []byte) (Hash, bool) {
	d, known := digests[name]
	if !known || len(want) != d.size {
		return Hash{}, false
	}
	return Hash{
		Scheme: WerkzeugHMAC,
		Work:   Work{Rounds: 1},
		Matches: func(input []byte) bool {
			mac := hmac.New(d.new, []byte(salt))
			mac.Write(input)
			return equal(want, mac.Sum(nil))
		},
	}, true
}
