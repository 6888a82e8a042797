package hashfmt

import (
	"encoding/base64"
	"strings"

	"github.com/gosignup/signup/internal/argon2old"
	"golang.org/x/crypto/argon2"
)

// parseArgon2 parses the PHC string format of argon2id and argon2i, with the
// parameters m, t and p in this order, each once:
//
//	$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH
//
// Without v=, the version is 16, as it was when v= didn't exist. argon2d isn't for
// passwords: its memory accesses depend on them (RFC 9106, section 1).
func parseArgon2(hash string) (Hash, bool) {
	fields := strings.Split(hash, "$")
	if len(fields) < 5 || fields[0] != "" {
		return Hash{}, false
	}
	a := argon2Params{scheme: fields[1], version: 16}
	if a.scheme != Argon2id && a.scheme != Argon2i {
		return Hash{}, false
	}
	switch fields = fields[2:]; fields[0] {
	case "v=19":
		a.version, fields = 19, fields[1:]
	case "v=16":
		fields = fields[1:]
	}
	if len(fields) != 3 || !a.parse(fields[0]) {
		return Hash{}, false
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(fields[1])
	want, wantErr := b64.DecodeString(fields[2])
	// RFC 9106, section 3.1. A shorter hash could be matched by chance.
	if saltErr != nil || wantErr != nil || len(salt) < 8 || len(want) < 16 {
		return Hash{}, false
	}
	h := Hash{
		Scheme:  a.scheme,
		Work:    a.work(),
		Matches: func(input []byte) bool { return equal(want, a.key(input, salt, uint32(len(want)))) },
		Decoy:   a.decoy,
	}
	if a.lanes > 1 && a.version != 16 { // argon2old has no goroutines
		h.InOneLane = a.inOneLane
	}
	return h, true
}

// argon2Params are the parameters of one hash.
type argon2Params struct {
	scheme         string // Argon2id or Argon2i
	version        int    // 19 or 16
	memory, passes uint32 // memory in KiB
	lanes          uint8
}

// parse parses the parameters m, t and p.
func (a *argon2Params) parse(s string) bool {
	params := strings.Split(s, ",")
	if len(params) != 3 {
		return false
	}
	var values [3]uint64
	for i, param := range []struct {
		name string
		bits int
	}{{"m=", 32}, {"t=", 32}, {"p=", 8}} {
		text, named := strings.CutPrefix(params[i], param.name)
		value, ok := parseCount(text, param.bits)
		if !named || !ok {
			return false
		}
		values[i] = value
	}
	a.memory, a.passes, a.lanes = uint32(values[0]), uint32(values[1]), uint8(values[2])
	return a.lanes <= MaxArgon2Lanes && uint64(a.memory) >= 8*uint64(a.lanes)
}

// decoy does the same work as key. It has no salt of a user, so that it can be kept.
func (a argon2Params) decoy() { a.key(nil, make([]byte, 16), 32) }

// inOneLane does the same work as key, in one lane.
func (a argon2Params) inOneLane() {
	a.lanes = 1
	a.decoy()
}

func (a *argon2Params) key(password, salt []byte, size uint32) []byte {
	switch {
	case a.version == 16 && a.scheme == Argon2id:
		return argon2old.Key(argon2old.ID, password, salt, a.passes, a.memory, a.lanes, size)
	case a.version == 16:
		return argon2old.Key(argon2old.I, password, salt, a.passes, a.memory, a.lanes, size)
	case a.scheme == Argon2id:
		return argon2.IDKey(password, salt, a.passes, a.memory, a.lanes, size)
	default:
		return argon2.Key(password, salt, a.passes, a.memory, a.lanes, size)
	}
}
