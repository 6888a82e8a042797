package legacyhash

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"github.com/gosignup/signup"
)

// A pbkdf2Digest is a digest that PBKDF2 is used with.
type pbkdf2Digest struct {
	new      func() hash.Hash
	size     int
	perRound uint64 // see work.go
}

var (
	pbkdf2SHA1   = pbkdf2Digest{sha1.New, sha1.Size, pbkdf2SHA1PerRound}
	pbkdf2SHA256 = pbkdf2Digest{sha256.New, sha256.Size, pbkdf2SHA256PerRound}
	pbkdf2SHA512 = pbkdf2Digest{sha512.New, sha512.Size, pbkdf2SHA512PerRound}
)

// hash returns the hash want, of at most 64 bytes, made by at most 1<<31
// iterations. Each piece of want as long as the digest takes all iterations.
func (d pbkdf2Digest) hash(scheme string, iterations uint64, salt, want []byte) signup.ParsedHash {
	pieces := uint64((len(want) + d.size - 1) / d.size)
	return signup.ParsedHash{
		Scheme: scheme,
		Work:   steps(iterations*pieces, d.perRound),
		Matches: limited(anyLength, func(password []byte) bool {
			got, err := pbkdf2.Key(d.new, string(password), salt, int(iterations), len(want))
			return err == nil && equal(want, got)
		}),
	}
}
