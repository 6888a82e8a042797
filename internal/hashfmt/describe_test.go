package hashfmt_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hashfmt"
)

func TestDescribe(t *testing.T) {
	const (
		aBcrypt   = "$2b$04$2.iJ.tYE620toghDq6xjlOyUSc/5o6FlsNNoZohajxLAJWv2O4iTC"
		clearText = "text that contains the password itself ({noop}, plain$)"
	)
	for _, c := range []struct{ hash, want string }{
		{"", "empty"},
		{" \n", "empty"},
		{aBcrypt + "\n", "surrounded by white space"},
		{"\u00a0" + aBcrypt, "surrounded by white space"},
		{strings.Repeat("x", hashfmt.MaxLen+1), "longer than 1024 bytes"},
		{"!", "the unusable-password mark of Django"},
		{"!" + strings.Repeat("x", 40), "the unusable-password mark of Django"},
		{"!$6$yc3egrG3K.XkrmgQ$abc", "the mark of a locked account in crypt(3)"},
		{"!!", "the mark of a locked account in crypt(3)"},
		{"*0", "the failure mark of crypt(3)"},

		{"88e4ddd2402d92d50e1879d6ecd9ffd4", "an unsalted digest"},
		{"88E4DDD2402D92D50E1879D6ECD9FFD4", "an unsalted digest"},
		{strings.Repeat("0a", 20), "an unsalted digest"},
		{strings.Repeat("0a", 64), "an unsalted digest"},
		{"md5$$88e4ddd2402d92d50e1879d6ecd9ffd4", "an unsalted digest"},
		{"sha1$$" + strings.Repeat("0a", 20), "an unsalted digest"},
		{"md588e4ddd2402d92d50e1879d6ecd9ffd4", "an unsalted digest"},
		{"*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "an unsalted digest"},

		{"{noop}correct horse battery", clearText},
		{"{CLEARTEXT}correct horse battery", clearText},
		{"plain$$correct horse battery", clearText},

		{"$6$yc3egrG3K.XkrmgQ$tZgrN5xCP0Pb9RtFOVnumkPv7kzmlLB4zRZtOFnTTnSc3BWMrCdUEu5IuzDUokvk8VMd2Zaulfi3WI2SQxYiU/", "crypt(3) $6$"},
		{"$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGsh.uvz", "crypt(3) $5$"},
		{"$1$saltsalt$" + strings.Repeat("a", 22), "crypt(3) $1$"},
		{"$y$j9T$salt$hash", "crypt(3) $y$"},
		{"$apr1$salt$hash", "Apache $apr1$"},
		{"$P$HdrfxYzm.16PFAN6NF0ouhKabXFgEY.", "phpass"},
		{"$H$HdrfxYzm.16PFAN6NF0ouhKabXFgEY.", "phpass"},
		{"$wp$2y$10$abc", "WordPress $wp$"},
		{"$S$DrupalHash", "Drupal $S$"},
		{"U$S$DrupalHash", "Drupal U$S$"},
		{"$keycloak-pbkdf2-sha256$27500$salt$hash", "Keycloak's PBKDF2"},
		{"$firebase-scrypt$salt$hash", "Firebase's scrypt"},
		{"$devise" + aBcrypt, "Devise's bcrypt with a pepper"},
		{"{sha256}" + strings.Repeat("0a", 40), "Spring Security {sha256}"},
		{"{sha256}" + strings.Repeat("A", 43) + "=", "LDAP {SHA256}"},
		{"{ldap}{SSHA}Aq+Slaau35AF37gUnv0NcGzJo0kxZiyl", "Spring Security {ldap}"},
		{"{Ssha}Aq+Slaau35AF37gUnv0NcGzJo0kxZiyl", "LDAP {SSHA}"},
		{"{SSHA}Aq+Slaau35AF37gUnv0NcGzJo0kxZiyl", "LDAP {SSHA}"},
		{"{ssha512}Aq+Slaau35AF37gUnv0NcGzJo0kxZiyl", "LDAP {SSHA512}"},
		{"{CRYPT}$6$salt$hash", "LDAP {CRYPT}"},
		{"{bcrypt}" + aBcrypt, "Spring Security {bcrypt}"},
		{"{pbkdf2@SpringSecurity_v5_8}abc", "Spring Security {pbkdf2}"},
		{"SCRAM-SHA-256$4096:salt$stored:server", "PostgreSQL SCRAM-SHA-256"},
		{"AQAAAAIAAYagAAAAE" + strings.Repeat("A", 67), "ASP.NET Core Identity"},

		{"$2x$" + aBcrypt[4:], "bcrypt $2x$"},
		{"$2$" + aBcrypt[4:], "bcrypt $2$"},
		{aBcrypt[:59], "bcrypt, malformed"},
		{"bcrypt$" + aBcrypt[:59], "Django's bcrypt, malformed"},
		{"$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuA", "argon2d"},
		{"$argon2id$v=19$m=262144,t=6,p=255$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuA", "argon2, malformed or of more than 64 lanes"},
		{"$bcrypt-sha256$v=2,t=2b,r=12$salt$hash", "passlib $bcrypt-sha256$"},
		{"$scrypt$ln=16,r=8,p=1$salt$hash", "passlib $scrypt$"},

		// Accepted, or unknown, which may be a password.
		{aBcrypt, ""},
		{"correct horse battery", ""},
		{"{correct}horse", ""},
		{"$correct$horse", ""},
		{"\xff", ""},
	} {
		if got := hashfmt.Describe(c.hash); got != c.want {
			t.Errorf("%.80q: got %q, want %q", c.hash, got, c.want)
		}
	}
}
