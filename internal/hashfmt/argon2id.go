package hashfmt

import (
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2idPerRound is how many KiB argon2id passes over in the time of one round
// of bcrypt: measured 501 ns each, and 55.8 µs a round.
const argon2idPerRound = 110

// Argon2idWork returns the cost of an argon2id hash of that many passes over
// memory KiB.
func Argon2idWork(memory, passes uint32) Work {
	return Work{
		Rounds: int64(uint64(memory)*uint64(passes)/argon2idPerRound) + 1,
		Memory: int64(memory) << 10,
	}
}

// parseArgon2id parses the PHC string format with version 19 and the parameters
// m, t and p in this order, each once.
func parseArgon2id(hash string) (Hash, bool) {
	if strings.ContainsAny(hash, "\r\n") { // base64 skips line breaks
		return Hash{}, false
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return Hash{}, false
	}
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return Hash{}, false
	}
	var values [3]uint64
	for i, param := range []struct {
		name string
		bits int
	}{{"m=", 32}, {"t=", 32}, {"p=", 8}} {
		text, named := strings.CutPrefix(params[i], param.name)
		value, ok := parseCount(text, param.bits)
		if !named || !ok {
			return Hash{}, false
		}
		values[i] = value
	}
	memory, passes, lanes := uint32(values[0]), uint32(values[1]), uint8(values[2])
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(parts[4])
	want, wantErr := b64.DecodeString(parts[5])
	// RFC 9106, section 3.1. A shorter hash could be matched by chance.
	if saltErr != nil || wantErr != nil || len(salt) < 8 || len(want) < 16 || uint64(memory) < 8*uint64(lanes) {
		return Hash{}, false
	}
	return Hash{
		Scheme: Argon2id,
		Work:   Argon2idWork(memory, passes),
		Matches: func(input []byte) bool {
			return equal(want, argon2.IDKey(input, salt, passes, memory, lanes, uint32(len(want))))
		},
	}, true
}
