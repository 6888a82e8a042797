package hashfmt

import (
	"bytes"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// A digest is a hash function that other programs use for passwords.
type digest struct {
	new  func() hash.Hash
	size int
	// perRound is how many iterations of PBKDF2 take the time of one round of
	// bcrypt: measured 245 ns (MD5), 183 ns (SHA-1), 167 ns (SHA-256) and 450 ns
	// (SHA-512) each, and 56 µs a round.
	perRound int64
}

// digests has Werkzeug's names. MD5 and SHA-1 only verify old hashes, which the
// next log-in replaces.
var digests = map[string]digest{
	"md5":    {md5.New, md5.Size, 230},
	"sha1":   {sha1.New, sha1.Size, 300},
	"sha224": {sha256.New224, sha256.Size224, 330},
	"sha256": {sha256.New, sha256.Size, 330},
	"sha384": {sha512.New384, sha512.Size384, 120},
	"sha512": {sha512.New, sha512.Size, 120},
}

// endsInNUL reports whether PBKDF2, and scrypt, which uses it, hash password as they
// hash the same text without its last byte: HMAC pads its key with NULs.
func endsInNUL(password []byte) bool { return bytes.HasSuffix(password, []byte{0}) }

// pbkdf2Hash returns a hash by PBKDF2 with the named digest, as parsed by the
// caller except for iterations.
func pbkdf2Hash(scheme, name, iterations, salt string, want []byte) (Hash, bool) {
	d, known := digests[name]
	n, ok := parseCount(iterations, 31)
	if !known || !ok || len(want) != d.size {
		return Hash{}, false
	}
	return Hash{
		Scheme: scheme,
		Work:   Work{Rounds: int64(n)/d.perRound + 1},
		Matches: func(input []byte) bool {
			got, err := pbkdf2.Key(d.new, string(input), []byte(salt), int(n), d.size)
			return err == nil && equal(want, got) && !endsInNUL(input)
		},
	}, true
}
