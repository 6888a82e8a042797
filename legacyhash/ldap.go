package legacyhash

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"

	"github.com/gosignup/signup"
)

// LDAP is the attribute userPassword with a salted digest: {SSHA}, {SSHA256} or
// {SSHA512}, the name in upper or in lower case, and the Base64 of the digest and
// a salt of 4 to 64 bytes. There is one digest and no rounds, so a stolen hash of
// a weak password is soon guessed: see that these users log in soon.
var LDAP signup.HashFormat = format(parseLDAP)

// An ldapDigest is one of LDAP's digests.
type ldapDigest struct {
	name string
	new  func() hash.Hash
	size int
}

var ldapDigests = []ldapDigest{
	{"SSHA", sha1.New, sha1.Size},
	{"SSHA256", sha256.New, sha256.Size},
	{"SSHA512", sha512.New, sha512.Size},
}

// parseLDAP parses {SSHA} and the Base64 of digest and salt.
func parseLDAP(text string) (signup.ParsedHash, bool) {
	name, b64, ok := strings.Cut(strings.TrimPrefix(text, "{"), "}")
	if !ok || !strings.HasPrefix(text, "{") {
		return signup.ParsedHash{}, false
	}
	for _, d := range ldapDigests {
		if name == d.name || name == strings.ToLower(d.name) {
			return d.parse(b64)
		}
	}
	return signup.ParsedHash{}, false
}

func (d ldapDigest) parse(text string) (signup.ParsedHash, bool) {
	b, ok := decode(base64.StdEncoding, text)
	if !ok || len(b) < d.size+4 || len(b) > d.size+64 {
		return signup.ParsedHash{}, false
	}
	want, salt := b[:d.size], b[d.size:]
	return signup.ParsedHash{
		Scheme: "ldap-" + strings.ToLower(d.name),
		Work:   signup.Work{Rounds: 1},
		Matches: limited(anyLength, func(password []byte) bool {
			h := d.new()
			h.Write(password)
			h.Write(salt)
			return equal(want, h.Sum(nil))
		}),
	}, true
}
