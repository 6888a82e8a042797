// Package argon2old verifies old Argon2 hashes: those of version 16 (0x10), which
// programs made until 2016 and golang.org/x/crypto/argon2 doesn't compute. RFC 9106
// describes version 19, which differs in one rule: its later passes XOR each new
// block into the old one, where version 16 overwrites it.
//
// It is in plain Go, computes all lanes in the calling goroutine, and isn't meant
// for new hashes.
package argon2old

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

// A Variant determines how the blocks that a block depends on are chosen.
type Variant uint32

// The variants that package hashfmt verifies (RFC 9106, section 3.4).
const (
	I  Variant = 1 // argon2i: independent of the password
	ID Variant = 2 // argon2id: independent in the first half of the first pass
)

const (
	version16 = 0x10
	version19 = 0x13 // for the tests, which compare it with x/crypto

	slices = 4 // of each pass; the lanes meet after each of them
)

// Key returns keyLen bytes derived by version 16 of Argon2 from password and salt,
// with passes over memory KiB in that many lanes. passes, lanes and keyLen must be
// at least 1, and memory at least 8 times lanes.
func Key(variant Variant, password, salt []byte, passes, memory uint32, lanes uint8, keyLen uint32) []byte {
	m := &matrix{version: version16, variant: variant, passes: passes, memory: memory, lanes: uint32(lanes)}
	return m.derive(keyLen, password, salt, nil, nil)
}

// A matrix is the memory of one computation: rows of blocks, called lanes.
type matrix struct {
	version uint32
	variant Variant
	passes  uint32
	memory  uint32 // KiB
	lanes   uint32
	lane    uint32 // blocks of one lane
	segment uint32 // blocks of one lane in one slice
	blocks  []block
}

// derive returns the key. inputs are the password, the salt, the secret and the
// associated data.
func (m *matrix) derive(keyLen uint32, inputs ...[]byte) []byte {
	m.segment = m.memory / (slices * m.lanes)
	m.lane = slices * m.segment
	m.blocks = make([]block, m.lane*m.lanes)

	// RFC 9106, section 3.2, steps 1 to 4.
	var seed []byte
	for _, n := range []uint32{m.lanes, keyLen, m.memory, m.passes, m.version, uint32(m.variant)} {
		seed = binary.LittleEndian.AppendUint32(seed, n)
	}
	for _, input := range inputs {
		seed = binary.LittleEndian.AppendUint32(seed, uint32(len(input)))
		seed = append(seed, input...)
	}
	h0 := blake2b.Sum512(seed)
	for lane := range m.lanes {
		for i := range uint32(2) {
			in := binary.LittleEndian.AppendUint32(h0[:], i)
			in = binary.LittleEndian.AppendUint32(in, lane)
			m.blocks[lane*m.lane+i].setBytes(longHash(blockSize, in))
		}
	}

	for pass := range m.passes {
		for slice := range uint32(slices) {
			for lane := range m.lanes {
				m.fill(pass, slice, lane)
			}
		}
	}

	var last block
	for lane := range m.lanes {
		last.xor(&m.blocks[(lane+1)*m.lane-1])
	}
	return longHash(keyLen, last.bytes())
}

// fill computes one segment.
func (m *matrix) fill(pass, slice, lane uint32) {
	independent := m.variant == I || m.variant == ID && pass == 0 && slice < slices/2
	counter := block{
		uint64(pass), uint64(lane), uint64(slice), uint64(len(m.blocks)), uint64(m.passes), uint64(m.variant),
	}
	var addresses block
	for i := range m.segment {
		if independent && i%blockWords == 0 {
			counter[6]++
			addresses = compress(&block{}, &counter)
			addresses = compress(&block{}, &addresses)
		}
		if pass == 0 && slice == 0 && i < 2 {
			continue // set from the seed
		}
		column := slice*m.segment + i
		current, previous := lane*m.lane+column, lane*m.lane+(column+m.lane-1)%m.lane
		random := m.blocks[previous][0]
		if independent {
			random = addresses[i%blockWords]
		}
		next := compress(&m.blocks[previous], &m.blocks[m.reference(random, pass, slice, lane, i)])
		if m.version == version19 && pass > 0 {
			next.xor(&m.blocks[current])
		}
		m.blocks[current] = next
	}
}

// reference returns the index of the block that random selects for block i of a
// segment (RFC 9106, section 3.4).
func (m *matrix) reference(random uint64, pass, slice, lane, i uint32) uint32 {
	from := uint32(random>>32) % m.lanes
	if pass == 0 && slice == 0 {
		from = lane // the other lanes are empty
	}
	// The candidates are count blocks from column start on: those of the last
	// three finished slices, and of the present segment if it is in this lane,
	// except the previous block.
	start, count := uint32(0), slice*m.segment
	if pass > 0 {
		start, count = (slice+1)%slices*m.segment, m.lane-m.segment
	}
	switch {
	case from == lane:
		count += i - 1
	case i == 0:
		count--
	}
	x := random & 0xffffffff
	x = x * x >> 32
	x = uint64(count) * x >> 32
	return from*m.lane + uint32((uint64(start)+uint64(count)-1-x)%uint64(m.lane))
}
