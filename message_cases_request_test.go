package signup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

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
		{"an origin with too many requests", func(t *testing.T, translate translateFunc) http.Handler {
			a := messageAccounts(t)
			a = &signup.Accounts{Store: a.Store, Hasher: a.Hasher, Counter: counterFunc(func(context.Context, string, int, time.Duration) (int, error) { return 1000, nil })}
			client := func(*http.Request) signup.Client { return signup.Client{Origin: "192.0.2.1"} }
			return signup.NewHandler(a, &signup.HandlerOptions{Logger: quiet.Logger, Translate: translate, Client: client})
		}, jsonRequest(bob), 429, "throttled"},
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
	return slices.Concat(fieldCases(t), jsonCases(), requestCases(), otherCases(), apiCases())
}
