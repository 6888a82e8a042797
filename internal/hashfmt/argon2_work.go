package hashfmt

import "math/bits"

// MaxArgon2Lanes is the greatest number of lanes of a hash that is verified. The
// defaults of other programs have 1 to 8. Each lane is a goroutine, so a hash with
// 255 of them would take every processor at once.
const MaxArgon2Lanes = 64

// argon2PerRound returns how many blocks of 1 KiB argon2 fills in the time of one
// round of bcrypt, measured at 56 µs. Blocks of a greater memory take longer: they
// are read at random, from beyond the caches of the processor. Measured were 110 to
// 90 up to 8 MiB, 105 to 77 at 19 MiB, and 98 to 58 at 64 MiB and more.
func argon2PerRound(memory uint32) uint64 {
	switch {
	case memory <= 8<<10:
		return 100
	case memory <= 32<<10:
		return 85
	default:
		return 65
	}
}

// Argon2idWork returns the cost of an argon2id hash of that many passes over
// memory KiB in one lane. A few more lanes make no difference.
func Argon2idWork(memory, passes uint32) Work {
	a := argon2Params{scheme: Argon2id, version: 19, memory: memory, passes: passes, lanes: 1}
	return a.work()
}

// work returns the cost of one hash.
func (a *argon2Params) work() Work {
	blocks := uint64(a.memory)
	if a.version == 16 {
		blocks += blocks / 4 * 3 // argon2old is slower
	} else {
		// A pass consists of four segments of each lane. Starting one, in a
		// goroutine, takes about as long as two blocks, which matters if it
		// has only two.
		blocks += 8 * uint64(a.lanes)
	}
	hi, lo := bits.Mul64(blocks, uint64(a.passes)) // may exceed 64 bits
	rounds, _ := bits.Div64(hi, lo, argon2PerRound(a.memory))
	return Work{
		Rounds: int64(rounds) + 1,
		Memory: int64(a.memory) << 10,
	}
}
