package pages

import (
	"cmp"
	"fmt"

	"github.com/gosignup/signup"
)

// defaultMinPassword is that of signup.NIST.
const defaultMinPassword = 15

// minPassword returns the least length of a new password by the Policy, in characters,
// or 0 if it isn't known.
func (s *site) minPassword() int {
	switch p := s.accounts.Policy.(type) {
	case nil:
		return defaultMinPassword
	case signup.NIST:
		return cmp.Or(p.MinLength, defaultMinPassword)
	case *signup.NIST:
		return cmp.Or(p.MinLength, defaultMinPassword)
	}
	return 0
}

// setPasswordRules sets what the browser and a password manager should know about a new
// password.
func (q *request) setPasswordRules(f *Field) {
	if f.MinLength = q.minPassword(); f.MinLength == 0 {
		return
	}
	f.PasswordRules = fmt.Sprintf("minlength: %d; allowed: unicode;", f.MinLength)
	f.Hint = q.language.text(q.site, signup.Message{Code: "hint_new_password", Min: f.MinLength})
}
