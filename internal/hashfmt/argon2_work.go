package hashfmt

// maxArgon2Lanes is the greatest number of lanes of a hash that is verified. The
// defaults of other programs have 1 to 8. Each lane is a goroutine, so a hash with
// 255 of them would take every processor at once.
const maxArgon2Lanes = 64

// How many KiB argon2 passes over in the time of one round of bcrypt.
const (
	argon2PerRound    = 110
	argon2OldPerRound = 30
)

// Argon2idWork returns the cost of an argon2id hash of that many passes over
// memory KiB.
func Argon2idWork(memory, passes uint32) Work {
	a := argon2Params{scheme: Argon2id, version: 19, memory: memory, passes: passes, lanes: 1}
	return a.work()
}

// work returns the cost of one hash.
func (a *argon2Params) work() Work {
	perRound := uint64(argon2PerRound)
	if a.version == 16 {
		perRound = argon2OldPerRound
	}
	return Work{
		Rounds: int64(uint64(a.memory)*uint64(a.passes)/perRound) + 1,
		Memory: int64(a.memory) << 10,
	}
}
