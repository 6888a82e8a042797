package signup

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// A digest is a hash function that passwords were once hashed with.
type digest struct {
	new  func() hash.Hash
	size int
	// perRound is how many iterations of PBKDF2 take the time of one of
	// bcrypt's rounds: measured 183 ns (SHA-1), 167 ns (SHA-256) and 500 ns
	// (SHA-512) each, and 55.8 µs a round.
	perRound int64
}

// digests has Werkzeug's names. MD5 and SHA-1 only ever check old hashes, which
// the next log-in replaces.
var digests = map[string]digest{
	"md5":    {md5.New, md5.Size, 300},
	"sha1":   {sha1.New, sha1.Size, 300},
	"sha224": {sha256.New224, sha256.Size224, 330},
	"sha256": {sha256.New, sha256.Size, 330},
	"sha384": {sha512.New384, sha512.Size384, 110},
	"sha512": {sha512.New, sha512.Size, 110},
}

// scryptPerRound is how many of scrypt's N*r*p take the time of one of
// bcrypt's rounds: measured 324 ns each, and 55.8 µs a round.
const scryptPerRound = 170

// parseWerkzeug reads what werkzeug.security.generate_password_hash has made
// since 2011: METHOD$SALT$HEX, with the salt used as text.
func parseWerkzeug(h string) (storedHash, bool) {
	method, rest, _ := strings.Cut(h, "$")
	salt, text, ok := strings.Cut(rest, "$")
	want, err := hex.DecodeString(text)
	if !ok || salt == "" || err != nil || text != strings.ToLower(text) {
		return storedHash{}, false
	}
	args := strings.Split(method, ":")
	switch {
	case args[0] == "scrypt" && len(args) == 4:
		return werkzeugScrypt(args[1:], salt, want)
	case args[0] == "pbkdf2" && len(args) == 3:
		return pbkdf2Hash(args[1], args[2], salt, want)
	case len(args) == 1:
		return saltedHMAC(args[0], salt, want)
	}
	return storedHash{}, false
}

// parseDjango reads Django's pbkdf2_sha256$ITERATIONS$SALT$BASE64.
func parseDjango(h string) (storedHash, bool) {
	parts := strings.Split(h, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" || parts[2] == "" || strings.ContainsAny(parts[3], "\r\n") {
		return storedHash{}, false
	}
	want, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil {
		return storedHash{}, false
	}
	return pbkdf2Hash("sha256", parts[1], parts[2], want)
}

func pbkdf2Hash(name, iterations, salt string, want []byte) (storedHash, bool) {
	d, known := digests[name]
	n, ok := parseCount(iterations, 31)
	if !known || !ok || len(want) != d.size {
		return storedHash{}, false
	}
	return storedHash{
		work: Work{Rounds: int64(n)/d.perRound + 1},
		matches: func(password []byte) bool {
			got, err := pbkdf2.Key(d.new, string(password), []byte(salt), int(n), d.size)
			return err == nil && equal(want, got)
		},
	}, true
}

// werkzeugScrypt takes what scrypt.Key takes (RFC 7914, section 2), and the 64
// bytes that Werkzeug asks for.
func werkzeugScrypt(params []string, salt string, want []byte) (storedHash, bool) {
	var values [3]uint64
	for i, param := range params {
		var ok bool
		if values[i], ok = parseCount(param, 31); !ok {
			return storedHash{}, false
		}
	}
	n, r, p := values[0], values[1], values[2]
	const most = 1 << 40 // of N*r*p, which the bounds on work leave far below
	if len(want) != 64 || n < 2 || n&(n-1) != 0 || r*p >= 1<<30 || n > most/(r*p) {
		return storedHash{}, false
	}
	return storedHash{
		work: Work{
			Rounds: int64((n+4)*r*p)/scryptPerRound + 1, // 4: for the PBKDF2 around it
			Memory: int64(128 * r * (n + p + 2)),
		},
		matches: func(password []byte) bool {
			got, err := scrypt.Key(password, []byte(salt), int(n), int(r), int(p), len(want))
			return err == nil && equal(want, got)
		},
	}, true
}

func saltedHMAC(name, salt string, want []byte) (storedHash, bool) {
	d, known := digests[name]
	if !known || len(want) != d.size {
		return storedHash{}, false
	}
	return storedHash{
		work: Work{Rounds: 1},
		matches: func(password []byte) bool {
			mac := hmac.New(d.new, []byte(salt))
			mac.Write(password)
			return equal(want, mac.Sum(nil))
		},
	}, true
}
