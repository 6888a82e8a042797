package legacyhash

import "github.com/gosignup/signup"

// How many steps of an algorithm take the time of one round of bcrypt.
// BenchmarkWork measures them.
const (
	sha256CryptPerRound = 230 // rounds of sha256-crypt
	sha512CryptPerRound = 100 // rounds of sha512-crypt
	md5PerRound         = 250 // MD5 of a digest and a password
	sha512PerRound      = 120 // SHA-512 of a digest and a password
	sha256PerRound      = 800 // SHA-256 of a digest
	// Iterations of PBKDF2.
	pbkdf2SHA1PerRound   = 300
	pbkdf2SHA256PerRound = 330
	pbkdf2SHA512PerRound = 110

	scryptPerRound = 160 // N*r*p of scrypt
)

// argon2PerRound returns how many KiB argon2id fills in the time of one round, as in
// package signup: a memory beyond the caches of the processor takes longer.
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

// argon2Work returns the cost of argon2id with at most 64 lanes. Each pass starts four
// segments of each lane, which takes as long as two blocks of 1 KiB and counts most
// if the memory is small.
func argon2Work(memory, passes uint32, lanes uint8) signup.Work {
	blocks := min(uint64(memory)+8*uint64(lanes), 1<<32-1) // so that no product overflows
	w := steps(blocks*uint64(passes), argon2PerRound(memory))
	w.Memory = int64(memory) << 10
	return w
}

// bcryptMemory is the memory that one bcrypt hash takes, in bytes.
const bcryptMemory = 5 << 10

// steps returns the cost of n steps, of which perRound take the time of one round.
func steps(n uint64, perRound uint64) signup.Work {
	return signup.Work{Rounds: int64(n/perRound) + 1}
}

// bcryptWork returns the cost of a bcrypt hash of the given cost.
func bcryptWork(cost int) signup.Work {
	return signup.Work{Rounds: 1 << cost, Memory: bcryptMemory}
}

// scryptWork returns the cost of scrypt. Its four values are far below those whose
// products overflow.
func scryptWork(n, r, p uint64) signup.Work {
	w := steps((n+4)*r*p, scryptPerRound) // 4: for the PBKDF2 before and after
	w.Memory = int64(128 * r * (n + p + 2))
	return w
}
