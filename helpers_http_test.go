package signup_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/memstore"
)

// A plainHasher costs nothing and hides nothing: a test can read from the
// stored hash which password came through.
type plainHasher struct{}

func (plainHasher) Hash(password string) (signup.Hash, error) {
	return signup.Hash("plain:" + password), nil
}

func (plainHasher) Verify(h signup.Hash, password string) bool {
	return string([]byte(h)) == "plain:"+password
}

func (plainHasher) NeedsRehash(h signup.Hash) bool { return !strings.HasPrefix(string(h), "plain:") }

func (plainHasher) Work() signup.Work { return signup.Work{Rounds: 1 << 12} }

// newPlainAccounts returns Accounts with declared fields, and the users that
// their Store's Create was called with.
func newPlainAccounts() (*signup.Accounts, *[]signup.User) {
	created := new([]signup.User)
	store := memstore.New()
	return &signup.Accounts{
		Hasher: plainHasher{},
		Store: fakestore.Store{Store: store, OnCreate: func(ctx context.Context, u *signup.User) error {
			*created = append(*created, *u)
			return store.Create(ctx, u)
		}},
		Fields: []signup.ProfileField{
			{Name: "company"},
			{Name: "locale", Validate: func(_ context.Context, v string) error {
				if v == "en" {
					return nil
				}
				return signup.FieldError{Code: "unknown", Message: "No such language."}
			}},
		},
	}, created
}

// failing returns Accounts whose Store's Create is f.
func failing(f func(ctx context.Context, u *signup.User) error) *signup.Accounts {
	return &signup.Accounts{Hasher: plainHasher{}, Store: fakestore.Store{Store: memstore.New(), OnCreate: f}}
}

const (
	adaEmail = "Ada@Example.org"
	adaBody  = `{"email_address": "` + adaEmail + `", "password": "` + goodPassword + `"}`
)

// quiet is for handlers whose log the test doesn't look at.
var quiet = &signup.HandlerOptions{Logger: slog.New(slog.DiscardHandler)}

func signUp(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/users/new", body)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func send(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func post(h http.Handler, body string) *http.Response {
	return send(h, signUp(strings.NewReader(body)))
}

func readAll(t testing.TB, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("reading the body returned %v, want nil", err)
	}
	_ = res.Body.Close()
	t.Log("got the response", res.StatusCode, res.Header, wiretest.Shown(text)) // to be searched for secrets
	return string(text)
}

// A wireAnswer has all members that a response may have, in both forms.
type wireAnswer struct {
	Code    string              // of NewAPI and Guard
	Error   string              `json:"error"`
	Message string              `json:"message"`
	Success *bool               `json:"success"`
	Errors  []signup.FieldError `json:"errors"`

	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// checkAnswer checks everything that holds for each response that has a body.
func checkAnswer(t testing.TB, res *http.Response, status int, contentType string) wireAnswer {
	t.Helper()
	text := readAll(t, res)
	if res.StatusCode != status {
		t.Errorf("got status %d, want %d; body %s", res.StatusCode, status, text)
	}
	for name, want := range map[string]string{
		"Content-Type":           contentType,
		"Content-Length":         strconv.Itoa(len(text)),
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	var a wireAnswer
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil || dec.More() {
		t.Fatalf("decoding the body %q returned %v, want nil and nothing after it", text, err)
	}
	// What the body depends on, for caches.
	if vary := res.Header.Get("Vary"); (vary == "Accept") != (res.StatusCode >= 400) {
		t.Errorf("Vary is %q at status %d, want Accept from 400 on and nothing below", vary, res.StatusCode)
	}
	return a
}

func checkPlain(t testing.TB, res *http.Response, status int) wireAnswer {
	t.Helper()
	a := checkAnswer(t, res, status, "application/json")
	if a.Message == "" || a.Success == nil || *a.Success != (status < 400) || a.Title != "" || a.Detail != "" || a.Status != 0 {
		t.Errorf("at status %d the body is %+v, want a message, success %t and no member of a problem", status, a, status < 400)
	}
	if len(a.Errors) > 0 && a.Errors[0].Message != a.Message {
		t.Errorf("the message is %q, want the first error's: %q", a.Message, a.Errors[0].Message)
	}
	return a
}

func checkProblem(t testing.TB, res *http.Response, status int) wireAnswer {
	t.Helper()
	a := checkAnswer(t, res, status, "application/problem+json")
	if a.Title != http.StatusText(status) || a.Status != status || a.Message != "" || a.Success != nil || a.Error != "" {
		t.Errorf("the problem is %+v, want the title %q, the status %d, and no member of the plain form", a, http.StatusText(status), status)
	}
	if len(a.Errors) > 0 && a.Errors[0].Message != a.Detail {
		t.Errorf("the detail is %q, want the first error's message: %q", a.Detail, a.Errors[0].Message)
	}
	return a
}

// codes writes errors as "field: code, field: code".
func codes(fields []signup.FieldError) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.Field+": "+f.Code)
	}
	return strings.Join(all, ", ")
}
