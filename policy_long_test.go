package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A longestText is a LocalPolicy that notes the longest text that it gets, in bytes.
type longestText struct {
	signup.NIST
	bytes int
}

func (l *longestText) CheckLocal(ctx context.Context, password string, u signup.User) error {
	l.bytes = max(l.bytes, len(u.Email), len(u.FirstName), len(u.LastName))
	return l.NIST.CheckLocal(ctx, password, u)
}

// A password isn't compared with a name or address that is too long in any case:
// that took 200 ms for a name of 60 KB. It is compared with the longest name that a
// user may have.
func TestPolicyComparesOnlyShortTexts(t *testing.T) {
	long := strings.Repeat("\u0344\u0323", 15<<10)
	longest := strings.Repeat("\U00010400", 255)
	for _, c := range []struct {
		r    signup.Registration
		want int
	}{
		{signup.Registration{Email: "ada@example.org", FirstName: long, LastName: long}, len("ada@example.org")},
		{signup.Registration{Email: long + "@example.org"}, 0},
		{signup.Registration{Email: "ada@", FirstName: longest}, len(longest)},
		{signup.Registration{Email: "ada@", LastName: longest}, len(longest)},
	} {
		var policy longestText
		a := &signup.Accounts{Store: memstore.New(), Policy: &policy, Hasher: signup.Bcrypt{Cost: 4}}
		c.r.Password = "1234567890123456"
		_, err := a.Register(t.Context(), c.r)
		v, ok := errors.AsType[*signup.ValidationError](err)
		if !ok || len(v.Fields) < 2 {
			t.Fatalf("Register returned %v, want a ValidationError of the password and of another field", err)
		}
		if policy.bytes != c.want {
			t.Errorf("got a text of %d bytes for the policy, want %d", policy.bytes, c.want)
		}
	}
}
