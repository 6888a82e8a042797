package signup_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// bodyOf returns a body with a value for each field of e.
func bodyOf(e signup.APICall) string {
	if e.Method == http.MethodGet {
		return ""
	}
	in := make(map[string]any)
	for _, f := range e.Fields {
		switch {
		case f.Boolean:
			in[f.Name] = true
		case f.Name == signup.FieldEmail:
			in[f.Name] = "bob@example.org"
		case f.Name == signup.FieldPassword:
			in[f.Name] = newPassword
		default:
			in[f.Name] = goodPassword
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// An apiRequest is a request that an endpoint refuses, or one for its methods.
type apiRequest struct {
	method, body string
	header       http.Header
	want         string
}

// refusedRequests returns requests that aren't those of the table for e.
func refusedRequests(e signup.APICall) []apiRequest {
	asJSON := http.Header{"Content-Type": {"application/json"}}
	requests := []apiRequest{
		{http.MethodPut, "{}", asJSON, "Method Not Allowed method_not_allowed"},
		{http.MethodDelete, "", nil, "Method Not Allowed method_not_allowed"},
		{http.MethodOptions, "", nil, "No Content"},
	}
	if e.Method == http.MethodGet {
		return append(requests, apiRequest{http.MethodPost, "{}", nil, "Method Not Allowed method_not_allowed"})
	}
	return append(requests,
		apiRequest{http.MethodGet, "", nil, "Method Not Allowed method_not_allowed"},
		apiRequest{http.MethodHead, "", nil, "Method Not Allowed"},
		apiRequest{http.MethodPost, "", nil, "Bad Request not_json"},
		apiRequest{http.MethodPost, "[]", nil, "Bad Request json_not_object"},
		apiRequest{http.MethodPost, "{", nil, "Bad Request json_incomplete"},
		apiRequest{http.MethodPost, "{}", http.Header{"Content-Type": {"text/plain"}}, "Bad Request not_json"},
		apiRequest{http.MethodPost, "{}", http.Header{"Content-Encoding": {"gzip"}}, "Unsupported Media Type content_encoding"},
		apiRequest{http.MethodPost, strings.Repeat(" ", 64<<10+1), nil, "Request Entity Too Large body_too_long"},
		apiRequest{http.MethodPost, bodyOf(e), http.Header{"Sec-Fetch-Site": {"cross-site"}}, "Forbidden cross_origin"},
		apiRequest{http.MethodPost, bodyOf(e), http.Header{"Origin": {"https://evil.example"}}, "Forbidden cross_origin"})
}

// What isn't a request of the table gets the same response from every endpoint, and
// nothing is done.
func TestAPIRequests(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp("ada@example.org")
	before := getUser(t, a.a.Store, adaKey)
	for _, e := range signup.APICalls() {
		allow := "OPTIONS, POST"
		if e.Method == http.MethodGet {
			allow = "GET, HEAD, OPTIONS"
		}
		for _, r := range refusedRequests(e) {
			res := c.raw(r.method, e.Path, r.body, r.header)
			if got := res.brief(); got != r.want {
				t.Errorf("%s %s, body of %d bytes, %v: got %q, want %q", r.method, e.Path, len(r.body), r.header, got, r.want)
			}
			if r.method == http.MethodPost && e.Method == http.MethodPost {
				c.check(e, res)
			} else if got := res.Header.Get("Allow"); got != allow {
				t.Errorf("%s %s: got Allow %q, want %q", r.method, e.Path, got, allow)
			}
			if len(res.Cookies) > 0 {
				t.Errorf("%s %s: got the cookies %v, want none", r.method, e.Path, res.Cookies)
			}
		}
	}
	c.call("OK done", "user")
	if u := getUser(t, a.a.Store, adaKey); u.Version != before.Version || len(a.mails.take()) > 0 {
		t.Error("got a changed user or a mail, want nothing to be done")
	}
}

// Each required field is asked for, and each field has its type.
func TestAPIFields(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp("ada@example.org")
	for _, e := range signup.APICalls() {
		if e.Method == http.MethodGet || len(e.Fields) == 0 {
			continue
		}
		var required, wrong []string
		in := map[string]any{"other": 1}
		for _, f := range e.Fields {
			in[f.Name] = "yes"
			if !f.Boolean {
				in[f.Name] = true
			}
			wrong = append(wrong, f.Name+": type")
			if f.Required {
				required = append(required, f.Name+": required")
			}
		}
		if len(required) > 0 {
			res := c.call("Bad Request required", e.Path)
			if got := codes(member[[]signup.FieldError](c, res, "errors")); got != strings.Join(required, ", ") {
				t.Errorf("%s: got the errors %s, want %s", e.Path, got, strings.Join(required, ", "))
			}
		}
		var fields []any
		for name, value := range in {
			fields = append(fields, name, value)
		}
		res := c.call("Bad Request type", e.Path, fields...)
		if got := codes(member[[]signup.FieldError](c, res, "errors")); got != strings.Join(wrong, ", ") {
			t.Errorf("%s: got the errors %s, want %s", e.Path, got, strings.Join(wrong, ", "))
		}
	}
}

// The text for a field that isn't true or false says so.
func TestAPIBooleanText(t *testing.T) {
	a := newAPITest(t, nil)
	h := signup.NewAPI(a.a, a.sessions, &signup.APIOptions{Logger: quiet.Logger})
	r := signUp(strings.NewReader(`{"remember": "yes"}`))
	r.URL.Path = "/log-in"
	got := checkPlain(t, send(h, r), http.StatusBadRequest)
	if got.Message != "'remember' must be true or false." || got.Errors[0].Value != "boolean" {
		t.Errorf("got %+v, want the text for a boolean", got)
	}
}
