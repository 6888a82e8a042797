package transfertest

import (
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
		PasswordHash:    signup.Hash("$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
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
	`"password":"$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","first_name":"Adaqx","last_name":"Lovelaceqx","is_active":true,` +
	`"created_at":"2014-12-06T22:55:00.123Z","updated_at":"2014-12-06T23:55:00.123Z",` +
	`"profile":{"company":"Enginesqx"},"email_verified_at":"2014-12-07T00:55:00.123Z",` +
	`"security_stamp":"stampqx","private":"cHJpdmF0ZXF4AP8="`

// AdaLine is Ada in an export with hashes.
const AdaLine = "{" + AdaMembers + "}\n"
