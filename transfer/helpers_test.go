package transfer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// exportLine is adaUser as a Writer writes it.
const exportLine = `{"id":"ID-4711","key":"ada.qx@example.org","key_rule":"` + signup.EmailRule + `","email_address":"Ada.Qx@Example.org",` +
	`"password":"$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","first_name":"Adaqx","last_name":"Lovelaceqx","is_active":true,` +
	`"created_at":"2014-12-06T22:55:00.123Z","updated_at":"2014-12-06T23:55:00.123Z",` +
	`"profile":{"company":"Enginesqx"},"email_verified_at":"2014-12-07T00:55:00.123Z",` +
	`"security_stamp":"stampqx","private":"cHJpdmF0ZXF4AP8="}` + "\n"

// adaUser returns a user with a value in each field, each with a part that wantNoSecret
// looks for.
func adaUser() signup.User {
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

// wantNoSecret checks that no error in err's chain quotes a value of adaUser.
func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := strings.ToLower(fmt.Sprintf("%v %+v %q %#v", e, e, e, e)); strings.Contains(text, "qx") {
			t.Errorf("got the error %s, want one without values of the user", text)
		}
	}
}

// lines returns what a Writer writes of the users.
func lines(t *testing.T, opts *transfer.ExportOptions, users ...signup.User) string {
	t.Helper()
	var out strings.Builder
	w := transfer.NewWriter(&out, opts)
	if err := w.Write(users...); err != nil || w.Count() != int64(len(users)) {
		t.Fatalf("Write: got %d users and the error %v, want %d and nil", w.Count(), err, len(users))
	}
	return out.String()
}

// readAll returns the users of lines that a Writer has written.
func readAll(t *testing.T, text string) (users []signup.User) {
	t.Helper()
	for u, err := range transfer.Read(strings.NewReader(text)) {
		if err != nil {
			t.Fatalf("Read: got the error %v, want nil", err)
		}
		users = append(users, u)
	}
	if n := strings.Count(text, "\n"); n != len(users) {
		t.Fatalf("Read: got %d users, want %d", len(users), n)
	}
	return users
}
