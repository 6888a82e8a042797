package signup_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

func TestHandlerRegisters(t *testing.T) {
	a, created := newPlainAccounts()
	h := signup.NewHandler(a, quiet)
	res := post(h, `{
		"email_address": "Ada@Example.org", "password": "`+goodPassword+`",
		"first_name": "Ada", "last_name": null, "company": "Analytical Engines", "locale": null,
		"id": "undeclared", "is_active": false, "PasswordHash": "undeclared", "password_hash": "undeclared",
		"profile": {"admin": "undeclared"}, "version": "undeclared", "admin": "undeclared", "": "undeclared",
		"created_at": "2001-01-01T00:00:00Z", "list": ["undeclared", {"company": "undeclared"}], "roles": null
	}`)
	if got := checkPlain(t, res, http.StatusOK); got.Message != "'Ada@Example.org' added successfully!" || got.Errors != nil || got.Error != "" {
		t.Errorf("got the response %+v, want the message \"'Ada@Example.org' added successfully!\" and no error", got)
	}
	if len(*created) != 1 {
		t.Fatalf("got %d created users, want 1", len(*created))
	}
	u := (*created)[0]
	if u.Email != "Ada@Example.org" || u.Key() != "ada@example.org" || u.FirstName != "Ada" || u.LastName != "" || !u.Active ||
		!reflect.DeepEqual(u.Profile, map[string]string{"company": "Analytical Engines"}) ||
		time.Since(u.CreatedAt) > time.Hour || string([]byte(u.PasswordHash)) != "plain:"+goodPassword {
		t.Errorf("created %#v with the address %q, key %q, names %q and %q, profile %v, at %s; want an active user as sent, with declared fields only, created now", u, u.Email, u.Key(), u.FirstName, u.LastName, u.Profile, u.CreatedAt)
	}
	text, err := json.Marshal(u)
	if err != nil || strings.Contains(string(text)+string(u.Version), "undeclared") {
		t.Errorf("created %s, version %q, %v; want nothing undeclared, nil", text, string(u.Version), err)
	}

	for _, again := range []string{"Ada@Example.org", "ada@example.ORG"} {
		res := post(h, `{"email_address": "`+again+`", "password": "another good password"}`)
		if got := checkPlain(t, res, http.StatusConflict); got.Message != "'"+again+"' already exists." || got.Errors != nil || got.Error != "" {
			t.Errorf("got the response %+v to a duplicate, want the message \"'%s' already exists.\" and no error", got, again)
		}
	}
	if stored, err := a.Store.Get(t.Context(), u.Key()); err != nil || stored.ID != u.ID || !stored.Equal(u) {
		t.Errorf("after duplicates Get returned %v, %v; want %v, nil", stored, err, u)
	}
}

func TestNewHandlerPanics(t *testing.T) {
	for _, opts := range []*signup.HandlerOptions{nil, {}} {
		func() {
			defer func() {
				if v := recover(); v != "signup: sign-up handler without Accounts" {
					t.Errorf("NewHandler(nil, %v) panicked with %v, want \"signup: sign-up handler without Accounts\"", opts, v)
				}
			}()
			signup.NewHandler(nil, opts)
		}()
	}
}
