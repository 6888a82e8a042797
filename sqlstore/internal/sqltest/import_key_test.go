package sqltest

import (
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/transfer"
)

// An import accepts the users that a Create accepts, whatever their keys are, and both keep
// the key. Here the stores are those in memory and of this module.
func TestImportKeys(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		for _, test := range []struct{ name, email, key, rule string }{
			{"canonical", "Ada@Example.org", "", ""},
			{"of another rule", "ada@example.org", "ada+older@example.org", "older rules"},
			{"another address", "ada@example.org", "eve@example.org", signup.EmailRule},
			{"a link", "ada@example.org", "https://issuer.example/subject", "link"},
			{"without address", "", "https://issuer.example/subject", "link"},
			{"neither address nor key", "no address", "", ""},
			{"a key in capital letters", "ada@example.org", "ADA@EXAMPLE.ORG", signup.EmailRule},
		} {
			t.Run(test.name, func(t *testing.T) {
				u := signup.User{ID: "id-1", Email: test.email}
				if test.key != "" {
					u.SetKey(test.key, test.rule)
				}
				d, another := newDatabase(t), newDatabase(t)
				want := memstore.New().Create(t.Context(), &u)
				for name, got := range map[string]error{
					"Create":            setUp(t, another.DB, another.options).Create(t.Context(), &u),
					"Import":            importKey(t, setUp(t, d.DB, d.options), u),
					"memstore's Import": importKey(t, memstore.New(), u),
				} {
					if got != want && !(errors.Is(got, signup.ErrInvalid) && errors.Is(want, signup.ErrInvalid)) {
						t.Errorf("%s: got the error %v, want %v as from memstore's Create", name, got, want)
					}
				}
			})
		}
	})
}

// importKey imports u, and returns the error of its result. If that is nil, the user must be
// found under its key.
func importKey(t *testing.T, s interface {
	signup.Store
	transfer.Importer
}, u signup.User) (result error) {
	t.Helper()
	opts := transfertest.Accept()
	opts.Result = func(r transfer.ImportResult) { result = r.Err }
	if _, err := s.Import(t.Context(), transfertest.Sequence(nil, u), opts); err != nil {
		t.Errorf("Import: got the error %v, want nil", err)
	}
	if result != nil {
		return result
	}
	got, err := s.Get(t.Context(), u.Key())
	if err != nil || got.Key() != u.Key() || got.KeyRule() != u.KeyRule() || got.Email != u.Email {
		t.Errorf("Get: got %q of the rule %q for %q and the error %v, want %q of %q for %q and nil",
			got.Key(), got.KeyRule(), got.Email, err, u.Key(), u.KeyRule(), u.Email)
	}
	return nil
}
