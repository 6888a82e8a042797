package signup_test

import (
	"testing"

	"github.com/gosignup/signup"
)

// The key of a stored user stays while Email is the same address, and ends with it,
// also if Unicode's case folding unites the two addresses.
func TestKeyEndsWithTheAddress(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"letter case", "ada@example.org", "ADA@Example.org", "stored"},
		{"Kelvin's sign", "k@example.org", "\u212a@example.org", "stored"},
		{"capital sharp s", "straße@example.org", "STRAẞE@example.org", "stored"},
		{"letter case, refused today", "a..b@example.org", "A..B@example.org", "stored"},
		{"another address", "ada@example.org", "bob@example.org", "bob@example.org"},
		{"final sigma", "ας@example.org", "ασ@example.org", "ασ@example.org"},
		{"final sigma in the domain", "ada@ας.org", "ada@ασ.org", "ada@xn--mxa0b.org"},
		{"rounded ve", "\u0432@example.org", "\u1c80@example.org", "\u1c80@example.org"},
		{"long s, which is refused", "sam@example.org", "\u017fam@example.org", ""},
		{"refused before", "a..b@example.org", "ab@example.org", "ab@example.org"},
	} {
		u := signup.User{Email: c.before}
		u.SetKey("stored", "rule")
		u.Email = c.after
		wantRule := signup.EmailRule
		if c.want == "stored" {
			wantRule = "rule"
		}
		if got, rule := u.Key(), u.KeyRule(); got != c.want || rule != wantRule {
			t.Errorf("%s: got the key %q of the rule %s, want %q of %s", c.name, got, rule, c.want, wantRule)
		}
	}
}
