package signup

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
)

// minSecret is the least length of a Secret, in bytes: that of an AES-256 key.
const minSecret = 32

// A Secret seals tokens; see [Accounts].Secrets. [NewSecret] makes one. The zero
// Secret is empty, and refused.
//
// fmt, log/slog and every encoding that uses [encoding.TextMarshaler] or
// [encoding.BinaryMarshaler] show a Secret as "[redacted]". Where fmt doesn't call
// methods, it shows an address in memory. To decode a Secret is an error: decode its
// bytes, and call NewSecret.
type Secret struct {
	key *string // fmt follows no pointer to a string, as it does one to a slice
}

// NewSecret returns a Secret with a copy of key, which is random and has at least
// 32 bytes. [Accounts] checks the length at the first call.
func NewSecret(key []byte) Secret {
	text := string(key)
	return Secret{&text}
}

func (s Secret) bytes() []byte {
	if s.key == nil {
		return nil
	}
	return []byte(*s.key)
}

// checkSecrets returns what is wrong with secrets, or nil.
func checkSecrets(secrets []Secret) error {
	for i, s := range secrets {
		key := s.bytes()
		if len(key) < minSecret {
			return fmt.Errorf("signup: Accounts.Secrets[%d] has %d bytes, want at least %d", i, len(key), minSecret)
		}
		if bytes.Count(key, key[:1]) == len(key) {
			return fmt.Errorf("signup: Accounts.Secrets[%d] repeats one byte, want random bytes", i)
		}
	}
	return nil
}

var errSecretDecoded = errors.New("signup: a Secret can't be decoded: decode its bytes, and call NewSecret")

// Format writes "[redacted]" for every verb that calls it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText returns an error and leaves s as it is.
func (s *Secret) UnmarshalText([]byte) error { return errSecretDecoded }

// MarshalBinary returns "[redacted]". Gob uses it.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalBinary returns an error and leaves s as it is.
func (s *Secret) UnmarshalBinary([]byte) error { return errSecretDecoded }
