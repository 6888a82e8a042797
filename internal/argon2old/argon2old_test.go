package argon2old

import (
	"bytes"
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/argon2"
)

// The vectors are those of Argon2's reference implementation,
// P-H-C/phc-winner-argon2 (CC0): src/test.c.
func TestVersion16(t *testing.T) {
	for _, c := range []struct {
		name, password, salt string
		passes, memory       uint32
		lanes                uint8
		want                 string
	}{
		{"64 MiB", "password", "somesalt", 2, 65536, 1, "f6c4db4a54e2a370627aff3db6176b94a2a209a62c8e36152711802f7b30c694"},
		{"256 KiB", "password", "somesalt", 2, 256, 1, "fd4dd83d762c49bdeaf57c47bdcd0c2f1babf863fdeb490df63ede9975fccf06"},
		{"two lanes", "password", "somesalt", 2, 256, 2, "b6c11560a6a9d61eac706b79a2f97d68b4463aa3ad87e00c07e2b01e90c564fb"},
		{"one pass", "password", "somesalt", 1, 65536, 1, "81630552b8f3b1f48cdb1992c4c678643d490b2b5eb4ff6c4b3438b5621724b2"},
		{"four passes", "password", "somesalt", 4, 65536, 1, "f212f01615e6eb5d74734dc3ef40ade2d51d052468d8c69440a3a1f2c1c2847b"},
		{"other password", "differentpassword", "somesalt", 2, 65536, 1, "e9c902074b6754531a3a0be519e5baf404b30ce69b3f01ac3bf21229960109a3"},
		{"other salt", "password", "diffsalt", 2, 65536, 1, "79a103b90fe8aef8570cb31fc8b22259778916f8336b7bdac3892569d4f1c497"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := hex.EncodeToString(Key(I, []byte(c.password), []byte(c.salt), c.passes, c.memory, c.lanes, 32))
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// The vectors are those of the same program's directory kats.
func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		version uint32
		variant Variant
		want    string
	}{
		{"argon2i_v16", version16, I, "87aeedd6517ab830cd9765cd8231abb2e647a5dee08f7c05e02fcb763335d0fd"},
		{"argon2id_v16", version16, ID, "b64615f07789b66b645b67ee9ed3b377ae350b6bfcbb0fc95141ea8f322613c0"},
		{"argon2i", version19, I, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"},
		{"argon2id", version19, ID, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &matrix{version: c.version, variant: c.variant, passes: 3, memory: 32, lanes: 4}
			got := hex.EncodeToString(m.derive(32,
				bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 16), bytes.Repeat([]byte{3}, 8), bytes.Repeat([]byte{4}, 12)))
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Except for the XOR of later passes, version 19 is the same algorithm, and
// x/crypto has it.
func TestVersion19(t *testing.T) {
	password, salt := []byte("correct horse battery"), []byte("salt of sixteen.")
	for _, passes := range []uint32{1, 2, 5} {
		for _, lanes := range []uint32{1, 2, 3, 8} {
			for _, memory := range []uint32{8 * lanes, 8*lanes + 5, 1000, 4096} {
				for _, keyLen := range []uint32{4, 16, 32, 64, 65, 96, 100, 128, 200} {
					for variant, want := range map[Variant][]byte{
						I:  argon2.Key(password, salt, passes, memory, uint8(lanes), keyLen),
						ID: argon2.IDKey(password, salt, passes, memory, uint8(lanes), keyLen),
					} {
						m := &matrix{version: version19, variant: variant, passes: passes, memory: memory, lanes: lanes}
						if got := m.derive(keyLen, password, salt, nil, nil); !bytes.Equal(got, want) {
							t.Fatalf("variant %d, %d passes, %d KiB, %d lanes, %d bytes: got %x, want %x",
								variant, passes, memory, lanes, keyLen, got, want)
						}
						if keyLen > 32 && memory > 1000 {
							break // the length depends on nothing else
						}
					}
				}
			}
		}
	}
}
