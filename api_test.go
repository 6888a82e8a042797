package signup_test

import (
	"encoding/json"
	"net/http"
	"slices"
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

// A session is needed exactly where the table says. What a request without one, or with
// one that has ended or is old, asks for isn't done.
func TestAPISessions(t *testing.T) {
	for _, e := range signup.APICalls() {
		for _, s := range []struct {
			name   string
			needed bool
			code   string
			change func(signup.Session) signup.Session
		}{
			{"no session", e.Session, "not_logged_in", nil},
			{"an ended session", e.Session, "not_logged_in", func(s signup.Session) signup.Session { s.Stamp = "x"; return s }},
			{"an ended and old session", e.Session, "not_logged_in", func(s signup.Session) signup.Session { s = stale(s); s.Stamp = "x"; return s }},
			{"an old session", e.Fresh, "not_fresh", stale},
			{"a session", false, "", func(s signup.Session) signup.Session { return s }},
		} {
			t.Run(e.Path+", "+s.name, func(t *testing.T) {
				a := newAPITest(t, nil)
				c := a.client()
				c.signUp("ada@example.org")
				before := getUser(t, a.a.Store, adaKey)
				if s.change != nil {
					a.sessions.change(s.change)
				} else {
					c.call("OK logged_out", "log-out")
				}
				kept := a.sessions.len()
				res := c.raw(e.Method, e.Path, bodyOf(e), nil)
				c.check(e, res)
				if refused := res.Status == http.StatusUnauthorized; refused != s.needed {
					t.Fatalf("got the status %d and the code %s, want 401: %t", res.Status, res.Code, s.needed)
				}
				if !s.needed {
					return
				}
				want := `Session realm="account"`
				if s.code == "not_fresh" {
					want = `Bearer error="insufficient_user_authentication", error_description="a more recent log-in is required", max_age=300`
				}
				if challenge := res.Header.Get("WWW-Authenticate"); res.Code != s.code || challenge != want {
					t.Errorf("got the code %s and the challenge %s, want %s and %s", res.Code, challenge, s.code, want)
				}
				cleared := s.change != nil && s.code == "not_logged_in"
				if after := a.sessions.len(); cleared && after != 0 || !cleared && after != kept || cleared != (len(res.Cookies) == 1) {
					t.Errorf("got %d sessions of %d and the cookies %v, want the session to be removed: %t", after, kept, res.Cookies, cleared)
				}
				if u := getUser(t, a.a.Store, adaKey); u.Version != before.Version || len(a.mails.take()) > 0 {
					t.Error("got a changed user or a mail, want nothing to be done")
				}
			})
		}
	}
}

// What isn't a request of the table gets the same response from every endpoint.
func TestAPIRequests(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp("ada@example.org")
	before := getUser(t, a.a.Store, adaKey)
	json := http.Header{"Content-Type": {"application/json"}}
	for _, e := range signup.APICalls() {
		allow := "OPTIONS, POST"
		if e.Method == http.MethodGet {
			allow = "GET, HEAD, OPTIONS"
		}
		type request struct {
			method, body string
			header       http.Header
			want         string
		}
		requests := []request{
			{http.MethodPut, "{}", json, "Method Not Allowed method_not_allowed"},
			{http.MethodDelete, "", nil, "Method Not Allowed method_not_allowed"},
			{http.MethodOptions, "", nil, "No Content"},
		}
		if e.Method == http.MethodGet {
			requests = append(requests, request{http.MethodPost, "{}", nil, "Method Not Allowed method_not_allowed"})
		} else {
			requests = append(requests,
				request{http.MethodGet, "", nil, "Method Not Allowed method_not_allowed"},
				request{http.MethodHead, "", nil, "Method Not Allowed"},
				request{http.MethodPost, "", nil, "Bad Request not_json"},
				request{http.MethodPost, "[]", nil, "Bad Request json_not_object"},
				request{http.MethodPost, "{", nil, "Bad Request json_incomplete"},
				request{http.MethodPost, "{}", http.Header{"Content-Type": {"text/plain"}}, "Bad Request not_json"},
				request{http.MethodPost, "{}", http.Header{"Content-Encoding": {"gzip"}}, "Unsupported Media Type content_encoding"},
				request{http.MethodPost, strings.Repeat(" ", 64<<10+1), nil, "Request Entity Too Large body_too_long"},
				request{http.MethodPost, bodyOf(e), http.Header{"Sec-Fetch-Site": {"cross-site"}}, "Forbidden cross_origin"},
				request{http.MethodPost, bodyOf(e), http.Header{"Origin": {"https://evil.example"}}, "Forbidden cross_origin"})
		}
		for _, r := range requests {
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

// The table has no path and no response twice, and describes each endpoint.
func TestAPITable(t *testing.T) {
	seen := make(map[string]bool)
	for _, e := range signup.APICalls() {
		if seen[e.Path] || e.Path == "" || strings.ContainsAny(e.Path, "/ ") || !strings.HasSuffix(e.Text, ".") {
			t.Errorf("got the endpoint %q with the text %q, want one element, once, and a sentence", e.Path, e.Text)
		}
		seen[e.Path] = true
		for i, r := range e.All {
			if slices.Contains(e.All[:i], r) {
				t.Errorf("%s has the response %v twice, want it once", e.Path, r)
			}
		}
	}
}

// What isn't configured doesn't exist.
func TestAPINotConfigured(t *testing.T) {
	mails := []string{"send-log-in", "send-verification", "send-password-reset", "reset-password", "send-email-change", "confirm-email-change"}
	tokens := []string{"complete-registration", "log-in-by-token", "log-in-by-code", "verify-email", "undo-email-change", "peek-token"}
	for _, c := range []struct {
		name   string
		change func(*signup.Accounts)
		absent []string
	}{
		{"all", nil, nil},
		{"no Send", func(a *signup.Accounts) { a.Send = nil }, mails},
		{"no Secrets", func(a *signup.Accounts) { a.Secrets = nil }, slices.Concat(mails, tokens)},
	} {
		a := newAPITest(t, c.change)
		for _, e := range signup.APICalls() {
			res := a.client().raw(e.Method, e.Path, bodyOf(e), nil)
			if absent := res.brief() == "Not Found not_found"; absent != slices.Contains(c.absent, e.Path) {
				t.Errorf("%s, %s: got %q, want Not Found: %t", c.name, e.Path, res.brief(), !absent)
			}
		}
	}
}

// The last element of the path selects the endpoint, beneath any prefix.
func TestAPIPrefixes(t *testing.T) {
	a := newAPITest(t, nil)
	api := a.h
	mux := http.NewServeMux()
	mux.Handle("/plain/", api)
	mux.Handle("/api/v1/account/", api)
	mux.Handle("/stripped/", http.StripPrefix("/stripped", api))
	mux.Handle("/bare/", http.StripPrefix("/bare/", api))
	mux.Handle("/", api)
	a.h = mux
	for prefix, known := range map[string]bool{
		"/": true, "/plain/": true, "/api/v1/account/": true, "/stripped/": true, "/bare/": true, "/plain/log-in/": true,
	} {
		c := a.client()
		c.url = "https://example.org" + prefix
		if res := c.raw(http.MethodGet, "user", "", nil); (res.brief() == "Unauthorized not_logged_in") != known {
			t.Errorf("%s: got %q, want the endpoint: %t", prefix, res.brief(), known)
		}
		for _, path := range []string{"", "unknown", "user/", "User", "user%20"} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
				if res := c.raw(method, path, "{}", nil); res.brief() != "Not Found not_found" {
					t.Errorf("%s %s%s: got %q, want Not Found not_found", method, prefix, path, res.brief())
				}
			}
		}
	}
}

// A HEAD request gets the header of a GET request.
func TestAPIHead(t *testing.T) {
	a := newAPITest(t, nil)
	c := a.client()
	c.signUp("ada@example.org")
	get, head := c.raw(http.MethodGet, "devices", "", nil), c.raw(http.MethodHead, "devices", "", nil)
	if head.Status != http.StatusOK || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
		t.Errorf("got status %d with Content-Length %s, want 200 with %s", head.Status, head.Header.Get("Content-Length"), get.Header.Get("Content-Length"))
	}
}

// What can't be used panics when the handler is made.
func TestNewAPIPanics(t *testing.T) {
	store := newAccounts().Store
	for name, f := range map[string]func(){
		"no Accounts":      func() { signup.NewAPI(nil, newSessions(), nil) },
		"no Sessions":      func() { signup.NewAPI(newAccounts(), nil, nil) },
		"no Store":         func() { signup.NewAPI(new(signup.Accounts), newSessions(), nil) },
		"no origin":        func() { signup.NewAPI(newAccounts(), newSessions(), &signup.APIOptions{TrustedOrigins: []string{"x"}}) },
		"a negative limit": func() { signup.NewAPI(newAccounts(), newSessions(), &signup.APIOptions{MaxBodyBytes: -1}) },
		"a field named token": func() {
			signup.NewAPI(&signup.Accounts{Store: store, Fields: []signup.ProfileField{{Name: "token"}}}, newSessions(), nil)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: NewAPI returned, want a panic", name)
				}
			}()
			f()
		}()
	}
}

// A front end of a trusted origin may post.
func TestAPITrustedOrigins(t *testing.T) {
	a := newAPITest(t, nil)
	a.opts.TrustedOrigins = []string{"https://app.example.org"}
	a.h = signup.NewAPI(a.a, a.sessions, a.opts)
	for origin, want := range map[string]string{
		"https://app.example.org": "OK logged_out", "http://app.example.org": "Forbidden cross_origin", "https://example.com": "Forbidden cross_origin",
	} {
		header := http.Header{"Origin": {origin}, "Sec-Fetch-Site": {"same-site"}}
		if res := a.client().raw(http.MethodPost, "log-out", "{}", header); res.brief() != want {
			t.Errorf("%s: got %q, want %q", origin, res.brief(), want)
		}
	}
}
