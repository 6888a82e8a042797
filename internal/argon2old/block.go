package argon2old

import (
	"encoding/binary"
	"math/bits"

	"golang.org/x/crypto/blake2b"
)

const (
	blockSize  = 1024
	blockWords = blockSize / 8
)

type block [blockWords]uint64

func (b *block) xor(other *block) {
	for i := range b {
		b[i] ^= other[i]
	}
}

func (b *block) setBytes(p []byte) {
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
}

func (b *block) bytes() []byte {
	p := make([]byte, 0, blockSize)
	for _, word := range b {
		p = binary.LittleEndian.AppendUint64(p, word)
	}
	return p
}

// compress is the function G (RFC 9106, section 3.5): the permutation P of each row
// and then of each column of an 8×8 matrix of pairs of words.
func compress(x, y *block) block {
	r := *x
	r.xor(y)
	z := r
	var v [16]uint64
	for row := 0; row < blockWords; row += 16 {
		permute((*[16]uint64)(z[row : row+16]))
	}
	for column := 0; column < 16; column += 2 {
		for i := range 8 {
			v[2*i], v[2*i+1] = z[16*i+column], z[16*i+column+1]
		}
		permute(&v)
		for i := range 8 {
			z[16*i+column], z[16*i+column+1] = v[2*i], v[2*i+1]
		}
	}
	z.xor(&r)
	return z
}

// permute is the permutation P (RFC 9106, section 3.6): one round of BLAKE2b with
// multiplications in it.
func permute(v *[16]uint64) {
	for i := range 4 {
		v[i], v[i+4], v[i+8], v[i+12] = mix(v[i], v[i+4], v[i+8], v[i+12])
	}
	for i := range 4 {
		b, c, d := 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4
		v[i], v[b], v[c], v[d] = mix(v[i], v[b], v[c], v[d])
	}
}

// mix is the function GB.
func mix(a, b, c, d uint64) (uint64, uint64, uint64, uint64) {
	a = add(a, b)
	d = bits.RotateLeft64(d^a, -32)
	c = add(c, d)
	b = bits.RotateLeft64(b^c, -24)
	a = add(a, b)
	d = bits.RotateLeft64(d^a, -16)
	c = add(c, d)
	b = bits.RotateLeft64(b^c, -63)
	return a, b, c, d
}

func add(a, b uint64) uint64 { return a + b + 2*uint64(uint32(a))*uint64(uint32(b)) }

// longHash is the function H' (RFC 9106, section 3.3): BLAKE2b with an output of
// any length.
func longHash(size uint32, in []byte) []byte {
	in = append(binary.LittleEndian.AppendUint32(nil, size), in...)
	if size <= blake2b.Size {
		return shortHash(int(size), in)
	}
	var out []byte
	left := int(size)
	for left > blake2b.Size {
		in = shortHash(blake2b.Size, in)
		out = append(out, in[:blake2b.Size/2]...)
		left -= blake2b.Size / 2
	}
	return append(out, shortHash(left, in)...)
}

func shortHash(size int, in []byte) []byte {
	h, err := blake2b.New(size, nil)
	if err != nil {
		panic("argon2old: " + err.Error()) // for a size that isn't 1 to 64
	}
	h.Write(in)
	return h.Sum(nil)
}
