package legacyhash

import "hash"

// maxFlat is the greatest length of a password in bytes that is hashed again in each
// round. It is bcrypt's limit.
const maxFlat = 72

// A flatHash is a digest whose Sum costs the same for all texts that aren't longer than
// some limit. Otherwise a log-in with a long password would take longer for a user with
// such a hash than for an unknown address.
type flatHash struct {
	hash.Hash
	filler  hash.Hash // gets the blocks that a shorter text lacks
	blocks  []byte    // as many as the longest text takes
	written int       // bytes since Reset
}

// flat returns a function like newHash whose digests cost the same for all texts of at
// most maxLen bytes.
func flat(newHash func() hash.Hash, maxLen int) func() hash.Hash {
	return func() hash.Hash {
		h := newHash()
		return &flatHash{Hash: h, filler: newHash(), blocks: make([]byte, inBlocks(h, maxLen))}
	}
}

// inBlocks returns the length of a text of n bytes in whole blocks, as h hashes them. h
// is one of MD5, SHA-1 and SHA-2, which append a byte and the length: an eighth of a
// block, whose length is a power of two.
func inBlocks(h hash.Hash, n int) int {
	size := h.BlockSize()
	return (n + size/8 + size) &^ (size - 1)
}

func (f *flatHash) Reset() {
	f.written = 0
	f.Hash.Reset()
}

func (f *flatHash) Write(p []byte) (int, error) {
	f.written += len(p)
	return f.Hash.Write(p)
}

func (f *flatHash) Sum(b []byte) []byte {
	if used := inBlocks(f.Hash, f.written); used < len(f.blocks) {
		_, _ = f.filler.Write(f.blocks[used:])
	}
	return f.Hash.Sum(b)
}
