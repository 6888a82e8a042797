package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

const exportPrivate = `{"devices":[{"id":"device-1","label":"Firefox <on> Linux","first":1400000000123,"last":1500000000456}],"link_log_ins":3,` +
	`"held":[{"key":"lovelace@example.com","until":1700000000123}],"events":[{"n":"1234567890","k":"logged_in","r":"password","t":1500000000456,"d":"device-1"}],"unknown":{"secret":"x"}}`

// exportAccounts returns Accounts whose Store has only a user, and a fresh Session of it.
func exportAccounts(u signup.User) (*signup.Accounts, signup.Session) {
	u.SetKey("ada@example.org", signup.EmailRule)
	store := fakestore.Store{OnGet: func(context.Context, string) (signup.User, error) { return u, nil }}
	return &signup.Accounts{Store: store}, signup.Session{Key: "ada@example.org", ID: u.ID, Stamp: u.SecurityStamp, Device: "device-1", At: time.Now()}
}

func TestExportData(t *testing.T) {
	at := time.Date(2014, 1, 2, 3, 4, 5, 678e6, time.FixedZone("CET", 3600))
	a, s := exportAccounts(signup.User{
		ID: "ada", Email: adaEmail, FirstName: "Ada", LastName: "Löve & lace", PasswordHash: hashBy(t, cheap, goodPassword), Active: true,
		CreatedAt: at, UpdatedAt: at.Add(time.Hour), EmailVerifiedAt: at.Add(2 * time.Hour), SecurityStamp: "stamp-1",
		Profile: map[string]string{"company": "Analytical Engines", "note": "hidden", "undeclared": "kept"},
		Private: exportPrivate,
	})
	a.Fields = profileFields
	got, err := a.ExportData(t.Context(), s)
	if err != nil {
		t.Fatalf("ExportData returned %v, want nil", err)
	}
	const want = `{
  "id": "ada",
  "email_address": "Ada@Example.org",
  "canonical_email_address": "ada@example.org",
  "first_name": "Ada",
  "last_name": "Löve & lace",
  "is_active": true,
  "password_set": true,
  "created_at": "2014-01-02T02:04:05.678Z",
  "updated_at": "2014-01-02T03:04:05.678Z",
  "email_verified_at": "2014-01-02T04:04:05.678Z",
  "profile": {
    "company": "Analytical Engines",
    "note": "hidden",
    "undeclared": "kept"
  },
  "devices": [
    {
      "label": "Firefox <on> Linux",
      "first_log_in": "2014-05-13T16:53:20.123Z",
      "last_log_in": "2017-07-14T02:40:00.456Z"
    }
  ],
  "link_log_ins": 3,
  "held_addresses": [
    {
      "address": "lovelace@example.com",
      "until": "2023-11-14T22:13:20.123Z"
    }
  ],
  "events": [
    {
      "kind": "logged_in",
      "reason": "password",
      "at": "2017-07-14T02:40:00.456Z"
    }
  ]
}
`
	if string(got) != want {
		t.Errorf("ExportData returned\n%s\nwant\n%s", got, want)
	}
}

// What a user doesn't have is there all the same, so that the members are always the
// same ones.
func TestExportDataOfLittle(t *testing.T) {
	a, s := exportAccounts(signup.User{
		ID: "ada", Email: adaEmail, Active: true, Private: `{"devices":[{"id":"device-1","label":"","first":0,"last":0}]}`,
		CreatedAt: time.Unix(0, 0), UpdatedAt: time.Unix(0, 0),
	})
	got, err := a.ExportData(t.Context(), s)
	if err != nil {
		t.Fatalf("ExportData returned %v, want nil", err)
	}
	const want = `{"id":"ada","email_address":"Ada@Example.org","canonical_email_address":"ada@example.org","first_name":"","last_name":"","is_active":true,` +
		`"password_set":false,"created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z","email_verified_at":null,"profile":{},` +
		`"devices":[{"label":"","first_log_in":"1970-01-01T00:00:00Z","last_log_in":"1970-01-01T00:00:00Z"}],"link_log_ins":0,"held_addresses":[],"events":[]}`
	var members any
	if err := json.Unmarshal(got, &members); err != nil {
		t.Fatalf("ExportData returned %q, want JSON", got)
	}
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(members, wanted) {
		t.Errorf("ExportData returned\n%s\nwant\n%s", got, want)
	}
}

// notExported are the fields of a User that ExportData leaves out, with the reasons.
var notExported = map[string]string{
	"PasswordHash":  "a secret; password_set reports whether there is one",
	"SecurityStamp": "random, and what sessions and tokens are bound to",
	"Private":       "its members are exported, as far as they are no secrets",
	"Placeholder":   "false for every user that can log in",
	"Version":       "the Store's, and not about the user",
}

// Every field of a User is exported, or left out for a reason.
func TestExportDataHasEveryField(t *testing.T) {
	var u signup.User
	v, values := reflect.ValueOf(&u).Elem(), map[string]string{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.IsExported() {
			continue
		}
		field, text := v.FieldByIndex(f.Index), "value of "+f.Name
		switch {
		case f.Type == reflect.TypeFor[time.Time]():
			at := time.Date(2000+f.Index[0], 1, 2, 3, 4, 5, 6e6, time.UTC)
			field.Set(reflect.ValueOf(at))
			text = at.Format(time.RFC3339Nano)
		case f.Type == reflect.TypeFor[map[string]string]():
			field.Set(reflect.ValueOf(map[string]string{"company": text}))
		case f.Type.Kind() == reflect.Bool:
			text = `"is_active": true`
			field.SetBool(f.Name == "Active")
		case f.Type.Kind() == reflect.String:
			field.SetString(text)
		default:
			t.Fatalf("the field %s: got the type %s, want one that this test knows", f.Name, f.Type)
		}
		values[f.Name] = text
	}
	u.Private = exportPrivate
	a, s := exportAccounts(u)
	got, err := a.ExportData(t.Context(), s)
	if err != nil {
		t.Fatalf("ExportData returned %v, want nil", err)
	}
	for name, text := range values {
		has, out := strings.Contains(string(got), text), notExported[name] != ""
		if name != "Placeholder" && has == out {
			t.Errorf("the export has the field %s: %t, want %t; if it is new, export it or give a reason in notExported", name, has, !out)
		}
	}
	for name := range notExported {
		if values[name] == "" {
			t.Errorf("notExported: got the field %s, want only those of a User", name)
		}
	}
	for _, secret := range []string{"device-1", "unknown", "secret", u.SecurityStamp} {
		if strings.Contains(string(got), secret) {
			t.Errorf("the export has %q, want no secret and no ID of a device", secret)
		}
	}
}

func TestExportDataErrors(t *testing.T) {
	checkEnded(t, true, func(a *signup.Accounts, s signup.Session) error {
		got, err := a.ExportData(t.Context(), s)
		if got != nil {
			t.Errorf("ExportData returned %d bytes with %v, want none", len(got), err)
		}
		return err
	})
	a := newAccounts()
	s := logInAda(t, a, nil)
	update(t, a, s.Key, func(u *signup.User) { u.Private += "x" })
	if got, err := a.ExportData(t.Context(), s); err == nil || got != nil || errors.Is(err, signup.ErrEnded) {
		t.Errorf("with a malformed Private, ExportData returned %d bytes, %v; want none and another error", len(got), err)
	}
}
