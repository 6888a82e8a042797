package legacyhash

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"
	"testing"
)

// A countingHash counts the blocks that it hashes.
type countingHash struct {
	hash.Hash
	blocks  *int
	pending int // bytes
}

func (c *countingHash) Reset() {
	c.pending = 0
	c.Hash.Reset()
}

func (c *countingHash) Write(p []byte) (int, error) {
	c.pending += len(p)
	*c.blocks += c.pending / c.BlockSize()
	c.pending %= c.BlockSize()
	return c.Hash.Write(p)
}

func (c *countingHash) Sum(b []byte) []byte {
	*c.blocks++
	if c.pending+1+c.BlockSize()/8 > c.BlockSize() {
		*c.blocks++
	}
	return c.Hash.Sum(b)
}

// Every password takes the same work, however long it is. Otherwise the time of a
// refused log-in would reveal which addresses have such a hash.
func TestTheWorkDoesNotDependOnThePassword(t *testing.T) {
	const rounds = 1 << 14
	var blocks int
	counted := func(newHash func() hash.Hash) func() hash.Hash {
		return func() hash.Hash { return &countingHash{Hash: newHash(), blocks: &blocks} }
	}
	crypt := func(newHash func() hash.Hash, salt string) func([]byte) {
		return func(password []byte) { cryptVariant{new: counted(newHash)}.sum(salt, password, rounds) }
	}
	iterated := func(newHash func() hash.Hash) func([]byte) {
		return func(password []byte) { portable{new: counted(newHash)}.sum("saltsalt", password, rounds) }
	}
	for _, c := range []struct {
		name     string
		perRound int // blocks
		sum      func(password []byte)
	}{
		{"sha256-crypt", 4, crypt(sha256.New, "sixteen.sixteen.")},
		{"sha256-crypt, short salt", 4, crypt(sha256.New, "s")},
		{"sha512-crypt", 2, crypt(sha512.New, "sixteen.sixteen.")},
		{"sha512-crypt, short salt", 2, crypt(sha512.New, "s")},
		{"phpass", 2, iterated(md5.New)},
		{"drupal7", 2, iterated(sha512.New)},
	} {
		matches := limited(maxFlat, func(password []byte) bool {
			c.sum(password)
			return false
		})
		for _, n := range []int{0, 1, 8, 13, 16, 28, 36, 48, 64, 72, 73, 128, 512, 4096} {
			blocks = 0
			matches(bytes.Repeat([]byte("x"), n))
			// The rest, before the rounds, is not made up for.
			if want := c.perRound * rounds; blocks < want || blocks > want+want/128 {
				t.Errorf("%s, password of %d bytes: got %d blocks, want %d and at most 1/128 more", c.name, n, blocks, want)
			}
		}
	}
}

// The hash of a text that takes more blocks than the others is right, too.
func TestFlatHashIsTheHash(t *testing.T) {
	for name, newHash := range map[string]func() hash.Hash{"MD5": md5.New, "SHA-256": sha256.New, "SHA-512": sha512.New} {
		f, h := flat(newHash, 100)(), newHash()
		for _, n := range []int{0, 1, 55, 56, 100, 111, 112, 128, 1000} {
			f.Reset()
			h.Reset()
			for _, part := range []string{strings.Repeat("x", n/2), strings.Repeat("y", n-n/2)} {
				f.Write([]byte(part))
				h.Write([]byte(part))
			}
			if got, want := f.Sum(nil), h.Sum(nil); !bytes.Equal(got, want) {
				t.Errorf("%s of %d bytes: got %x, want %x", name, n, got, want)
			}
		}
	}
}
