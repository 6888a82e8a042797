package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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

// jsonCases returns a case for each kind of request that can't be read.
func jsonCases() (cases []messageCase) {
	for _, c := range []struct{ body, code string }{
		{"", "not_json"},
		{"{\x00}\x00", "json_encoding"},
		{"{\"\xff\"}", "json_not_utf8"},
		{"{", "json_incomplete"},
		{"{x}", "json_syntax"},
		{`{"x": "\ud800"}`, "json_surrogate"},
		{"[]", "json_not_object"},
		{with(manyMembers(257)), "json_too_many_members"},
		{with(`"x": ` + nested("[", "]", 32)), "json_too_deep"},
		{`{"x": 1, "x": 2}`, "json_repeated_name"},
		{fmt.Sprintf(`{%[1]q: 1, %[1]q: 2}`, strings.Repeat("x", 65)), "json_repeated_long_name"},
	} {
		cases = append(cases, messageCase{"body, " + c.code, signUpHandler, jsonRequest(c.body), 400, c.code})
	}
	return cases
}

// manyMembers returns n members of a JSON object.
func manyMembers(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"%d":1`, i))
	}
	return strings.Join(members, ",")
}

// requestCases returns a case for each other response of the sign-up.
func requestCases() []messageCase {
	edit := func(request func() *http.Request, f func(r *http.Request)) func() *http.Request {
		return func() *http.Request { r := request(); f(r); return r }
	}
	const ada = `{"email_address": "ada@example.org", "password": "` + goodPassword + `"}`
	const bob = `{"email_address": "bob@example.org", "password": "` + goodPassword + `"}`
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	on := func(newAccounts func(t *testing.T) *signup.Accounts) func(*testing.T, translateFunc) http.Handler {
		return func(t *testing.T, translate translateFunc) http.Handler {
			return signup.NewHandler(newAccounts(t), &signup.HandlerOptions{Logger: quiet.Logger, Translate: translate})
		}
	}
	store := func(err error) func(*testing.T, translateFunc) http.Handler {
		return on(func(*testing.T) *signup.Accounts {
			return failing(func(context.Context, *signup.User) error { return err })
		})
	}
	return []messageCase{
		{"sign-up", signUpHandler, jsonRequest(bob), 200, "registered"},
		{"sign-up by mail", on(func(*testing.T) *signup.Accounts { a, _ := mailOnlyAccounts(); return a }), jsonRequest(bob), 202, "mail_sent"},
		{"an address that is taken", signUpHandler, jsonRequest(ada), 409, "exists"},
		{"a key that was used", signUpHandler, edit(jsonRequest(strings.Replace(ada, "battery", "staple", 1)), set("Idempotency-Key", "0123456789abcdef")),
			422, "idempotency_key_reused"},
		{"a wrong key", signUpHandler, edit(jsonRequest(bob), set("Idempotency-Key", "x")), 400, "idempotency_key"},
		{"a refusing policy", on(func(t *testing.T) *signup.Accounts {
			a := messageAccounts(t)
			a = &signup.Accounts{Store: a.Store, Hasher: a.Hasher, Policy: policyFunc(func(context.Context, string, signup.User) error { return signup.ErrInvalid })}
			return a
		}), jsonRequest(bob), 400, "unacceptable"},
		{"a Store that fails", store(errors.New("inner text")), jsonRequest(bob), 500, "failed"},
		{"a ValidationError without Fields", store(&signup.ValidationError{}), jsonRequest(bob), 500, "failed"},
		{"a Store that is busy", store(signup.ErrBusy), jsonRequest(bob), 503, "busy"},
		{"no capacity", on(busy), jsonRequest(bob), 503, "busy"},
		{"a panic", on(func(*testing.T) *signup.Accounts {
			return failing(func(context.Context, *signup.User) error { panic("inner text") })
		}), jsonRequest(bob), 500, "failed"},
		{"a client that has gone", store(context.Canceled), func() *http.Request {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return jsonRequest(bob)().WithContext(ctx)
		}, 503, "busy"},
		{"another method", signUpHandler, edit(jsonRequest(bob), func(r *http.Request) { r.Method = http.MethodPut }), 405, "method_not_allowed"},
		{"another Content-Type", signUpHandler, edit(jsonRequest(bob), set("Content-Type", "text/plain")), 400, "not_json"},
		{"a Content-Encoding", signUpHandler, edit(jsonRequest(bob), set("Content-Encoding", "gzip")), 415, "content_encoding"},
		{"a long body", signUpHandler, jsonRequest(with(`"x": "` + strings.Repeat("x", 4<<10) + `"`)), 413, "body_too_long"},
		{"a body that is cut", signUpHandler, func() *http.Request { return signUp(io.MultiReader(strings.NewReader(bob), errReader{})) }, 400, "body_unreadable"},
	}
}

// otherCases returns the cases of the log-in and of JSONErrors.
func otherCases() []messageCase {
	login := func(verification signup.EmailVerification, onSuccess func(http.ResponseWriter, *http.Request, signup.User) error) func(*testing.T, translateFunc) http.Handler {
		return func(t *testing.T, translate translateFunc) http.Handler {
			a, _ := mailAccounts()
			a.Store, a.Hasher, a.EmailVerification = messageAccounts(t).Store, plainHasher{}, verification
			return signup.NewLoginHandler(a, onSuccess, &signup.HandlerOptions{Logger: quiet.Logger, Translate: translate})
		}
	}
	bare := func(next http.HandlerFunc) func(*testing.T, translateFunc) http.Handler {
		return func(_ *testing.T, translate translateFunc) http.Handler {
			return signup.JSONErrors(next, &signup.JSONErrorsOptions{Logger: quiet.Logger, Translate: translate})
		}
	}
	const ada = `{"email_address": "ada@example.org", "password": "` + goodPassword + `"}`
	get := func() *http.Request { return httptest.NewRequest(http.MethodGet, "/", nil) }
	return []messageCase{
		{"log-in", login(signup.VerifyNever, nil), jsonRequest(ada), 200, "logged_in"},
		{"log-in with a wrong password", login(signup.VerifyNever, nil), jsonRequest(strings.Replace(ada, "battery", "staple", 1)), 400, "bad_credentials"},
		{"log-in before verification", login(signup.VerifyBeforeLogIn, nil), jsonRequest(ada), 403, "unverified"},
		{"log-in without fields", login(signup.VerifyNever, nil), jsonRequest("{}"), 400, "required required"},
		{"log-in with a type", login(signup.VerifyNever, nil), jsonRequest(`{"email_address": 1}`), 400, "type"},
		{"log-in with a session that fails", login(signup.VerifyNever, func(http.ResponseWriter, *http.Request, signup.User) error {
			return errors.New("inner text")
		}), jsonRequest(ada), 500, "failed"},
		{"JSONErrors, 404", bare(http.NotFound), get, 404, "not_found"},
		{"JSONErrors, 405", bare(writeStatus(405)), get, 405, "method_not_allowed"},
		{"JSONErrors, 500", bare(writeStatus(500)), get, 500, "failed"},
		{"JSONErrors, a panic", bare(func(http.ResponseWriter, *http.Request) { panic("inner text") }), get, 500, "failed"},
	}
}

// messageCases returns a case for every code that a handler sends.
func messageCases(t *testing.T) []messageCase {
	return slices.Concat(fieldCases(t), jsonCases(), requestCases(), otherCases())
}
