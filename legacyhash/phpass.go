package legacyhash

import (
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/gosignup/signup"
)

// PHPass is the portable hash of phpass, with "$P$" as WordPress (before 6.8) and
// others write it or "$H$" as phpBB 3 does: 2^7 to 2^30 rounds of MD5.
var PHPass signup.HashFormat = format(parsePHPass)

// Drupal7 is "$S$": 2^7 to 2^30 rounds of SHA-512. "U$S$" marks the users of a
// site that was updated from Drupal 6; there the MD5 of the password is hashed.
// Drupal 7 also accepts hashes of [PHPass].
var Drupal7 signup.HashFormat = format(parseDrupal7)

const (
	portableSettings = 12 // the length of "$P$", the cost and 8 characters of salt
	md5Crypt64       = 22 // the length of an MD5 sum
	drupalCrypt64    = 43 // the length to which Drupal cuts the sum
)

// parsePHPass parses "$P$B", 8 characters of salt and 22 of hash.
func parsePHPass(text string) (signup.ParsedHash, bool) {
	prefix := text[:min(3, len(text))]
	last := 1 << 2 // of 22 characters, the last has 2 bits
	if prefix != "$P$" && prefix != "$H$" || len(text) != portableSettings+md5Crypt64 || !isCrypt64(text[3:], last) {
		return signup.ParsedHash{}, false
	}
	return portable{"phpass", md5.New, md5PerRound}.parse(text)
}

// parseDrupal7 parses "$S$D", 8 characters of salt and 43 of hash.
func parseDrupal7(text string) (signup.ParsedHash, bool) {
	text, updated := strings.CutPrefix(text, "U")
	if !strings.HasPrefix(text, "$S$") || len(text) != portableSettings+drupalCrypt64 || !isCrypt64(text[3:], 1<<6) {
		return signup.ParsedHash{}, false
	}
	h, ok := portable{"drupal7", sha512.New, sha512PerRound}.parse(text)
	if ok && updated {
		matches := h.Matches
		// Limited here, too: the MD5 of a refused password would be allowed.
		h.Matches = limited(maxFlat, func(password []byte) bool {
			sum := md5.Sum(password)
			return matches(hex.AppendEncode(nil, sum[:]))
		})
	}
	return h, ok
}

// A portable is an algorithm of the family of phpass.
type portable struct {
	scheme   string
	new      func() hash.Hash
	perRound uint64 // see work.go
}

// parse parses text, whose length and alphabet the caller has checked.
func (p portable) parse(text string) (signup.ParsedHash, bool) {
	settings, want := text[:portableSettings], text[portableSettings:]
	log := strings.IndexByte(crypt64, settings[3])
	if log < 7 || log > 30 {
		return signup.ParsedHash{}, false
	}
	salt := settings[4:]
	return signup.ParsedHash{
		Scheme: p.scheme,
		Work:   steps(1<<log, p.perRound),
		Matches: limited(maxFlat, func(password []byte) bool {
			got := encodeCrypt64(p.sum(salt, password, 1<<log))
			return equal([]byte(want), got[:len(want)])
		}),
	}, true
}

// sum hashes salt and password, and then the sum and password, count times.
func (p portable) sum(salt string, password []byte, count int) []byte {
	h := flat(p.new, p.new().Size()+maxFlat)()
	h.Write([]byte(salt))
	h.Write(password)
	sum := h.Sum(nil)
	for range count {
		h.Reset()
		h.Write(sum)
		h.Write(password)
		sum = h.Sum(sum[:0])
	}
	return sum
}

// encodeCrypt64 encodes b as phpass does: three bytes, the first one lowest, are
// four characters, the lowest bits first.
func encodeCrypt64(b []byte) []byte {
	var text []byte
	for len(b) > 0 {
		n := min(3, len(b))
		value := 0
		for i, c := range b[:n] {
			value |= int(c) << (8 * i)
		}
		for range n + 1 {
			text = append(text, crypt64[value&0x3f])
			value >>= 6
		}
		b = b[n:]
	}
	return text
}
