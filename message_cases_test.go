package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A translateFunc is a HandlerOptions.Translate.
type translateFunc = func(languages []string, m signup.Message) string

// A messageCase is a request whose response has messages.
type messageCase struct {
	name  string
	serve func(t *testing.T, translate translateFunc) http.Handler
	// request returns the request without Accept and Accept-Language.
	request func() *http.Request
	status  int
	codes   string // in the order of the response
}

// messageAccounts returns Accounts with rules of every kind. Ada is registered.
func messageAccounts(t *testing.T) *signup.Accounts {
	t.Helper()
	a := &signup.Accounts{
		Store: memstore.New(), Hasher: plainHasher{},
		Policy: signup.NIST{Service: "Analytical Engines", Compromised: func(_ context.Context, password string) (bool, error) {
			return password == "correct horse breach", nil
		}},
		Fields: []signup.ProfileField{{Name: "about", Multiline: true}, {Name: "locale", Validate: func(_ context.Context, v string) error {
			if v == "own" {
				return signup.FieldError{Code: "unknown_language", Message: "No such language."}
			}
			if v == "nil" {
				return (*signup.FieldError)(nil)
			}
			return errors.New("inner text")
		}}},
	}
	r := signup.Registration{Email: "ada@example.org", Password: goodPassword, IdempotencyKey: "0123456789abcdef"}
	if _, err := a.Register(t.Context(), r); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	return a
}

// signUpHandler returns the handler that most cases have.
func signUpHandler(t *testing.T, translate translateFunc) http.Handler {
	return signup.NewHandler(messageAccounts(t), &signup.HandlerOptions{Logger: quiet.Logger, MaxBodyBytes: 4 << 10, Translate: translate})
}

// jsonRequest returns a function that returns a POST request with body.
func jsonRequest(body string) func() *http.Request {
	return func() *http.Request { return signUp(strings.NewReader(body)) }
}

// fieldCases returns a case for each wrong value of a field in a sign-up.
func fieldCases(t *testing.T) (cases []messageCase) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		field string
		value any
		codes string
	}{
		{"email_address", "", "required"},
		{"email_address", 1, "type"},
		{"email_address", "x", "invalid"},
		{"email_address", long(1017), "too_many_bytes"},
		{"email_address", "ada\u200b@example.org", "address_invisible_character"},
		{"email_address", "Ada <ada@example.org>", "address_brackets"},
		{"email_address", "ada(work)@example.org", "address_comment"},
		{"email_address", "ada@example.org,", "address_list"},
		{"email_address", "@example.org", "local_part_empty"},
		{"email_address", `"ada"@example.org`, "local_part_quotes"},
		{"email_address", "a da@example.org", "local_part_spaces"},
		{"email_address", ".ada@example.org", "local_part_dots"},
		{"email_address", "a:da@example.org", "local_part_characters"},
		{"email_address", long(65) + "@example.org", "local_part_too_long"},
		{"email_address", "ada@", "domain_empty"},
		{"email_address", "ada@[192.0.2.1]", "domain_literal"},
		{"email_address", "ada@exam ple.org", "domain_spaces"},
		{"email_address", "ada@example.org.", "domain_dots"},
		{"email_address", "ada@-abc.com", "domain_hyphens"},
		{"email_address", "ada@a_b.com", "domain_underscores"},
		{"email_address", "ada@ab--cd.org", "domain_invalid"},
		{"email_address", "ada@localhost", "domain_incomplete"},
		{"email_address", "ada@192.0.2.1", "domain_number"},
		{"email_address", "a@" + strings.Repeat("abcdefghi.", 25) + "example.org", "domain_too_long"},
		{"email_address", "ada@" + long(64) + ".org", "label_too_long"},
		{"password", "correct horse", "too_short"},
		{"password", long(1025), "too_many_bytes"},
		{"password", strings.Repeat(" ", 15), "not_visible"},
		{"password", "bob@example.org", "own_name"},
		{"password", "bob@example.org 1815", "own_name_padded"},
		{"password", "analytical engines", "service_name"},
		{"password", "analytical engines 1", "service_name_padded"},
		{"password", "abcdefghijklmno", "sequence"},
		{"password", "1234567890123456", "common"},
		{"password", "Password1234567", "common_padded"},
		{"password", "correct horse breach", "compromised"},
		{"first_name", "A\nda", "line_breaks"},
		{"first_name", "A\x01da", "control_characters"},
		{"first_name", "A\u202eda", "direction_characters"},
		{"first_name", "\u00ad", "not_visible"},
		{"first_name", long(256), "too_long"},
		{"about", "a\x01b", "other_control_characters"},
		{"locale", "own", "unknown_language"},
		{"locale", "nil", "unacceptable"},
		{"locale", "x", "invalid"},
	} {
		members := map[string]any{"email_address": "bob@example.org", "password": goodPassword, c.field: c.value}
		body, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s, %s", c.field, c.codes)
		cases = append(cases, messageCase{name, signUpHandler, jsonRequest(string(body)), 400, c.codes})
	}
	return append(cases, messageCase{"several fields", signUpHandler, jsonRequest(`{"first_name": "A\nda", "locale": "own"}`), 400,
		"required required line_breaks unknown_language"})
}
