package legacyhash_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// hint returns the error of CheckHash without HashFormats, and reports whether it names
// this module.
func hint(h signup.Hash) (err error, named bool) {
	a := &signup.Accounts{Store: memstore.New()}
	err = a.CheckHash(h)
	return err, errors.Is(err, signup.ErrInvalid) && strings.HasSuffix(err.Error(), ", which module legacyhash verifies")
}

// If HashFormats was forgotten, the error names this module.
func TestTheErrorWithoutHashFormatsNamesTheModule(t *testing.T) {
	for _, v := range vectors(t) {
		_, h := v.prepare(t)
		if v.builtIn() {
			continue
		}
		if err, named := hint(h); !named {
			t.Errorf("%s, %.9s…: CheckHash returned %v, want an ErrInvalid that names the module", v.Program, string(h), err)
		}
	}
	for _, prefix := range []string{"{SSHA}", "{ssha}", "{SSHA256}", "{ssha256}", "{SSHA512}", "{ssha512}", "{ldap}{SSHA}", "{ldap}{ssha}"} {
		if err, named := hint(signup.Hash(prefix + s44)); !named {
			t.Errorf("%s: CheckHash returned %v, want an ErrInvalid that names the module", prefix, err)
		}
	}
}

// The error doesn't name this module for texts that it refuses by their names.
func TestTheErrorOfOtherFormatsDoesNotNameTheModule(t *testing.T) {
	for _, text := range []string{
		"{Ssha}" + s44, "{SSHA384}" + s44, "{SMD5}" + s44, "{SHA}" + s44, "{SHA256}" + s44, "{sha256}" + s44,
		"{ldap}{SHA}" + s44, "{ldap}{Ssha}" + s44, "{ldap}{SSHA256}" + s44,
		"{BCRYPT}$2a$10$" + b53, "{Pbkdf2}abc", "{scrypt@springsecurity_v5_8}abc", "{MD5}abc", "{md4}abc", "{SHA-1}abc", "{noop}correct horse",
		"$s$D" + h43, "u$s$D" + h43, "$p$B" + h43[:30], "$h$B" + h43[:30], "U$P$B" + h43[:30],
		"$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1", "$wp$2y$10$abc", "$y$j9T$salt$hash",
		"$keycloak-argon2$1$" + s12 + "$" + s44, "$devise$1$salt", "$firebase$" + s12, "correct horse", "$2x$10$" + b53,
		"$5$salt$" + h43 + "\n", "$5$salt$" + strings.Repeat("0", 1024),
	} {
		if err, named := hint(signup.Hash(text)); named || !errors.Is(err, signup.ErrInvalid) {
			t.Errorf("%s: CheckHash returned %v, want an ErrInvalid that doesn't name the module", text, err)
		}
	}
}
