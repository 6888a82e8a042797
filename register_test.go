package signup_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A field that only the application sets is dropped from a sign-up, by the
// handler and by Register. A hidden one isn't in the public form of a user.
func TestReadOnlyAndHiddenFields(t *testing.T) {
	asked := false
	fields := []signup.ProfileField{
		{Name: "company"},
		{Name: "role", ReadOnly: true, Validate: func(context.Context, string) error { asked = true; return nil }},
		{Name: "score", ReadOnly: true, Hidden: true},
		{Name: "source", Hidden: true},
	}
	given := map[string]string{"company": "Analytical Engines", "role": "admin", "score": "9", "source": "ad"}
	stored := map[string]string{"company": "Analytical Engines", "source": "ad"}

	a := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Fields: fields}
	u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword, Profile: given})
	if err != nil || !reflect.DeepEqual(u.Profile, stored) || asked {
		t.Errorf("Register stored the profile %v with the error %v, validator of the read-only field called: %t; want %v", u.Profile, err, asked, stored)
	}

	h := signup.NewHandler(a, quiet)
	checkPlain(t, post(h, `{"email_address": "eve@example.org", "password": "`+goodPassword+`", "company": "Analytical Engines", "role": "admin", "score": {"a": 1}, "source": "ad"}`), 200)
	eve, err := a.Store.Get(t.Context(), "eve@example.org")
	if err != nil || !reflect.DeepEqual(eve.Profile, stored) {
		t.Errorf("the handler stored the profile %v, Get returned %v; want %v, nil", eve.Profile, err, stored)
	}

	u.Profile = given
	u.Private = "private"
	if err := a.Store.Update(t.Context(), &u); err != nil {
		t.Fatalf("Update returned %v, want nil", err)
	}
	text, err := json.Marshal(a.Public(u))
	if err != nil || !strings.Contains(string(text), `"profile":{"company":"Analytical Engines","role":"admin"}`) {
		t.Errorf("the public form is %s, %v; want the profile without score and source", text, err)
	}
	if !reflect.DeepEqual(u.Profile, given) {
		t.Errorf("Public changed the user's own profile to %v, want %v", u.Profile, given)
	}

	u.Profile["former"] = "no longer declared"
	if p := a.Public(u).Profile; p["former"] != "" {
		t.Errorf("Public shows %v, want declared fields alone", p)
	}

	contradiction := &signup.Accounts{Store: memstore.New(), Fields: []signup.ProfileField{{Name: "role", ReadOnly: true, Required: true}}}
	if _, err := contradiction.Register(t.Context(), signup.Registration{}); err == nil || errors.Is(err, signup.ErrInvalid) || !strings.Contains(err.Error(), "role") {
		t.Errorf("a field both Required and ReadOnly: the error is %v, want one of the configuration", err)
	}
}

// A FieldError keeps its code and message as a value, as a pointer and wrapped.
func TestFieldErrors(t *testing.T) {
	e := signup.FieldError{Field: "password", Code: "mine", Message: "My message."}
	for name, err := range map[string]error{
		"value": e, "pointer": &e, "wrapped value": fmt.Errorf("inner: %w", e), "wrapped pointer": fmt.Errorf("inner: %w", &e),
	} {
		t.Run(name, func(t *testing.T) {
			if !errors.Is(err, signup.ErrInvalid) || strings.Contains(err.Error(), "My message") {
				t.Errorf("the error %v is ErrInvalid: %t, want true, and no message", err, errors.Is(err, signup.ErrInvalid))
			}
			a := &signup.Accounts{
				Store: memstore.New(), Hasher: cheap,
				Policy: localPolicyFunc(func(context.Context, string, signup.User) error { return err }),
				Fields: []signup.ProfileField{{Name: "company", Validate: func(context.Context, string) error { return err }}},
			}
			_, got := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword, Profile: map[string]string{"company": "x"}})
			v, ok := errors.AsType[*signup.ValidationError](got)
			want := []signup.FieldError{e, {Field: "company", Code: "mine", Message: "My message."}}
			if !ok || !reflect.DeepEqual(v.Fields, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// A nil *FieldError, which its author took for no error, refuses the field.
func TestNilFieldError(t *testing.T) {
	var none *signup.FieldError
	for name, err := range map[string]error{"plain": none, "wrapped": fmt.Errorf("inner: %w", none)} {
		a := &signup.Accounts{
			Store: memstore.New(), Hasher: cheap,
			Policy: localPolicyFunc(func(context.Context, string, signup.User) error { return err }),
			Fields: []signup.ProfileField{{Name: "company", Validate: func(context.Context, string) error { return err }}},
		}
		_, got := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword, Profile: map[string]string{"company": "x"}})
		v, ok := errors.AsType[*signup.ValidationError](got)
		if !ok || codes(v.Fields) != "password: unacceptable, company: unacceptable" {
			t.Errorf("%s: got %v, want password and company unacceptable", name, got)
		}
	}
}

// Policies get the password in normalization form C, and Validate the context.
func TestPolicyGetsNFC(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "of the call")
	const password = "un cafe\u0301 noir, s'il vous plai\u0302t"
	var got string
	var of any
	a := &signup.Accounts{
		Store: memstore.New(), Hasher: cheap,
		Policy: policyFunc(func(_ context.Context, p string, _ signup.User) error { got = p; return nil }),
		Fields: []signup.ProfileField{{Name: "company", Validate: func(ctx context.Context, _ string) error { of = ctx.Value(key{}); return nil }}},
	}
	if _, err := a.Register(ctx, signup.Registration{Email: adaEmail, Password: password, Profile: map[string]string{"company": "x"}}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	if got != norm.NFC.String(password) || of != "of the call" {
		t.Errorf("the policy got %q and Validate the context of %v, want form C %q and the caller's context", got, of, norm.NFC.String(password))
	}
}

// Each registration has a stamp of its own; a rehash keeps it.
func TestSecurityStamp(t *testing.T) {
	a, ada := withAda(t)
	eve, err := a.Register(t.Context(), signup.Registration{Email: "eve@example.org", Password: goodPassword})
	if err != nil || len(ada.SecurityStamp) < 26 || ada.SecurityStamp == eve.SecurityStamp {
		t.Errorf("the stamps are %q and %q, %v; want two random ones", ada.SecurityStamp, eve.SecurityStamp, err)
	}
	later := &signup.Accounts{Store: a.Store, Hasher: signup.Bcrypt{Cost: 5}}
	u, err := later.Authenticate(t.Context(), adaEmail, goodPassword)
	if err != nil || u.PasswordHash == ada.PasswordHash || u.SecurityStamp != ada.SecurityStamp {
		t.Errorf("after a rehash (hash changed: %t) the stamp is %q, %v; want %q", u.PasswordHash != ada.PasswordHash, u.SecurityStamp, err, ada.SecurityStamp)
	}
}

// A User that lost its hash in an encoding has no Version either, so that Update
// can't store it without a password. See TestUserIsNeverDecoded for JSON.
func TestDecodedUserCannotWipeThePassword(t *testing.T) {
	roundTrips := map[string]func(in any, out any) error{
		"gob": func(in, out any) error {
			var b bytes.Buffer
			if err := gob.NewEncoder(&b).Encode(in); err != nil {
				return err
			}
			return gob.NewDecoder(&b).Decode(out)
		},
	}
	for name, roundTrip := range roundTrips {
		t.Run(name, func(t *testing.T) {
			a, ada := withAda(t)
			ada.Private = "private"
			if err := a.Store.Update(t.Context(), &ada); err != nil {
				t.Fatalf("Update returned %v, want nil", err)
			}
			var session struct{ User signup.User }
			session.User.FirstName = "before"
			if err := roundTrip(struct{ User signup.User }{ada}, &session); err != nil {
				t.Fatalf("roundTrip returned %v, want nil", err)
			}
			u := session.User
			if u.ID != ada.ID || u.PasswordHash != "" || u.Private != "" || u.Version != "" {
				t.Errorf("decoding left the ID %s, a hash, Private or Version: %t; want %s, false", u.ID, u.PasswordHash != "" || u.Private != "" || u.Version != "", ada.ID)
			}
			u.FirstName = "Augusta"
			if err := a.Store.Update(t.Context(), &u); !errors.Is(err, signup.ErrConflict) {
				t.Errorf("Update of the decoded user returned %v, want ErrConflict", err)
			}
			if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil {
				t.Errorf("the next log-in returned %v, want nil", err)
			}
		})
	}
	// XML has no form for maps, so its round trip is of the values alone.
	t.Run("XML", func(t *testing.T) {
		type values struct {
			Hash    signup.Hash
			Private signup.Private
			Version signup.Version
		}
		b, err := xml.Marshal(values{"hash", "private", "version"})
		var got values
		if err != nil || xml.Unmarshal(b, &got) != nil || got != (values{}) || bytes.Contains(b, []byte("version<")) || bytes.Contains(b, []byte("private<")) {
			t.Errorf("decoding %s left a value or failed, xml.Marshal returned %v; want no value, nil", b, err)
		}
	})
}
