package signup_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A constructor of a format returns nil if its parameters are wrong. An Accounts that
// is given such a format says so at its first call, as with other configuration.
func TestNilHashFormatIsReported(t *testing.T) {
	a := &signup.Accounts{
		Store: memstore.New(), Hasher: cheap,
		HashFormats: []signup.HashFormat{reversedFormat{}, nil},
	}
	const want = "HashFormats[1] is nil"
	if err := a.CheckHash("$reversed$"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("CheckHash returned %v, want an error with %q", err, want)
	}
	if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Authenticate returned %v, want an error with %q", err, want)
	}
}
