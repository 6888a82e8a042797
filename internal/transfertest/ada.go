package transfertest

import (
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Ada returns a user with a value in each field. All text except the ID has "qx" in it, so
// that a test can look for it in an error.
func Ada() signup.User {
	at := time.Date(2014, time.December, 6, 22, 55, 0, 123e6, time.UTC)
	return signup.User{
		ID:              "ID-4711",
		Email:           "Ada.Qx@Example.org",
		FirstName:       "Adaqx",
		LastName:        "Lovelaceqx",
		PasswordHash:    signup.Hash("$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy"),
		Active:          true,
		CreatedAt:       at,
		UpdatedAt:       at.Add(time.Hour),
		Profile:         map[string]string{"company": "Enginesqx"},
		EmailVerifiedAt: at.Add(2 * time.Hour),
		SecurityStamp:   "stampqx",
		Private:         "privateqx\x00\xff",
	}
}

// AdaMembers are the members of Ada's JSON object in an export with hashes.
const AdaMembers = `"id":"ID-4711","key":"ada.qx@example.org","key_rule":"` + signup.EmailRule + `","email_address":"Ada.Qx@Example.org",` +
	`"password":"$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy","first_name":"Adaqx","last_name":"Lovelaceqx","is_active":true,` +
	`"created_at":"2014-12-06T22:55:00.123Z","updated_at":"2014-12-06T23:55:00.123Z",` +
	`"profile":{"company":"Enginesqx"},"email_verified_at":"2014-12-07T00:55:00.123Z",` +
	`"security_stamp":"stampqx","private":"cHJpdmF0ZXF4AP8="`

// AdaLine is Ada in an export with hashes.
const AdaLine = "{" + AdaMembers + "}\n"

// AddExports adds exports to the corpus of a fuzz test, some of them damaged.
func AddExports(f *testing.F) {
	f.Add([]byte(AdaLine))
	f.Add([]byte(AdaLine + "\n\r\n" + AdaLine))
	f.Add([]byte(`{"id":"i","key":"k"}`))
	f.Add([]byte(`{"id":"<&>\u2028","key":"é","key_rule":"","profile":{"":"","a":"\ud800"}}`))
	f.Add([]byte(`{"id":"i","key":"k","created_at":"9999-12-31T23:59:59.9999-23:59"}`))
	f.Add([]byte(`{"ID":"i","kEy":"k","created_at":null,"write_token":{}}`))
	f.Add([]byte(`{"id":"i","key":"k","key_rule":"","email_address":"","is_active":false,` +
		`"created_at":"0000-01-01T00:00:00.000Z","updated_at":"1969-12-31T23:59:59.999Z"}`))
	f.Add([]byte(AdaLine[:200]))
	f.Add([]byte("null\n[]\n0"))
}
