package signup_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"reflect"
	"testing"

	"github.com/gosignup/signup"
)

// What is decoded from gob can't replace the stored user. JSON isn't decoded at all:
// see TestUserIsNeverDecoded.
func TestDecodedUserIsNotStored(t *testing.T) {
	through := func(from, to any) error {
		var b bytes.Buffer
		return errors.Join(gob.NewEncoder(&b).Encode(from), gob.NewDecoder(&b).Decode(to))
	}
	type withUser struct{ User *signup.User }
	type embedding struct{ signup.User }
	type withAll struct {
		User    signup.User
		Hash    signup.Hash
		Version signup.Version
	}
	a := newAccounts()
	stored, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	other, err := a.Register(t.Context(), signup.Registration{Email: "eve@example.org", Password: goodPassword})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	for what, decode := range map[string]func() (signup.User, error){
		"a User": func() (v signup.User, err error) { return v, through(stored, &v) },
		"a pointer": func() (signup.User, error) {
			var v withUser
			err := through(withUser{&stored}, &v)
			return *v.User, err
		},
		"a slice": func() (signup.User, error) {
			var v []signup.User
			err := through([]signup.User{stored}, &v)
			return v[0], err
		},
		"a map": func() (signup.User, error) {
			var v map[string]signup.User
			err := through(map[string]signup.User{"a": stored}, &v)
			return v["a"], err
		},
		"an embedding": func() (signup.User, error) {
			var v embedding
			err := through(embedding{stored}, &v)
			return v.User, err
		},
		"all parts": func() (signup.User, error) {
			var v withAll
			err := through(withAll{stored, stored.PasswordHash, stored.Version}, &v)
			v.User.PasswordHash, v.User.Version = v.Hash, v.Version
			return v.User, err
		},
		"a User over another": func() (signup.User, error) { v := other; return v, through(stored, &v) },
	} {
		v, err := decode()
		if err != nil {
			t.Errorf("gob of %s: got the error %v, want nil", what, err)
		}
		v.FirstName = "Augusta"
		if err := a.Store.Update(t.Context(), &v); err == nil {
			t.Errorf("gob of %s: Update returned nil, want an error", what)
		}
		if err := a.Store.Delete(t.Context(), v); err == nil {
			t.Errorf("gob of %s: Delete returned nil, want an error", what)
		}
		if got, err := a.Store.Get(t.Context(), stored.Key()); err != nil || !got.Equal(stored) {
			t.Errorf("gob of %s: Get returned %v, %v; want the user as it was", what, got, err)
		}
	}
}

// A sign-up sets nothing of a User except what it declares.
func TestSignUpSetsDeclaredMembersOnly(t *testing.T) {
	a := newAccounts()
	a.Fields = []signup.ProfileField{{Name: "company"}, {Name: "role", ReadOnly: true}}
	h := signup.NewHandler(a, quiet)
	checkPlain(t, post(h, `{"email_address": "ada@example.org", "password": "`+goodPassword+`", "role": "admin", "Role": "admin",
		"\u0072ole ": "admin", "profile": {"role": "admin"}, "Profile": {"role": "admin"}, "id": "1", "ID": "1", "is_active": false, "Active": false,
		"created_at": "2014-01-01T00:00:00Z", "email_verified_at": "2014-01-01T00:00:00Z", "EmailVerifiedAt": "2014-01-01T00:00:00Z",
		"PasswordHash": "x", "SecurityStamp": "x", "Private": "x", "Placeholder": true, "Version": "x", "idempotency_key": "x"}`), 200)
	u, err := a.Store.Get(t.Context(), "ada@example.org")
	if err != nil {
		t.Fatalf("Get returned %v, want nil", err)
	}
	want := signup.User{
		ID: u.ID, Email: "ada@example.org", PasswordHash: u.PasswordHash, Active: true, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
		SecurityStamp: u.SecurityStamp,
	}
	if !signup.WithoutEvents(u).Equal(want) || len(u.ID) != 26 || u.SecurityStamp == "x" || !u.CheckPassword(goodPassword) || u.CreatedAt.Year() == 2014 {
		t.Errorf("the stored user is %v with the profile %v, want one with the address and the password alone", u, u.Profile)
	}
	if !reflect.DeepEqual(u.Profile, map[string]string{}) && u.Profile != nil {
		t.Errorf("the profile is %v, want none", u.Profile)
	}
}
