// Package routertest tests that a router responds as the examples promise.
package routertest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/memstore"
)

const (
	usersPath   = "/v1/users/new"
	contentJSON = "application/json"
	valid       = `{"email_address": "test@abc.com", "password": "correct horse battery"}`
)

// A response is the body of an example's response, as far as it is fixed.
type response struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	Success *bool  `json:"success"`
}

type testCase struct {
	name              string
	method, path      string
	contentType, body string
	panics            bool // in the application's route
	status            int
	err               string // the "error" of a JSON response
	message           string // if fixed
	allow             bool   // Allow names POST
	raw               string // the JSON of the application's own response
	noBody            bool
}

const (
	notFound   = "404: Not Found"
	notAllowed = "405: Method Not Allowed"
)

// In order: the second registration is a duplicate.
var cases = []testCase{
	{name: "register", method: "POST", path: usersPath, contentType: contentJSON, body: valid,
		status: 200, message: "'test@abc.com' added successfully!"},
	{name: "duplicate", method: "POST", path: usersPath, contentType: contentJSON, body: valid,
		status: 409, message: "'test@abc.com' already exists."},
	{name: "bad JSON", method: "POST", path: usersPath, contentType: contentJSON, body: `{"email_address": `,
		status: 400, err: "400: Bad Request"},
	{name: "other content type", method: "POST", path: usersPath, contentType: "text/plain", body: valid,
		status: 400, message: "Content-Type: 'application/json' required"},
	{name: "long body", method: "POST", path: usersPath, contentType: contentJSON, body: strings.Repeat(" ", 64<<10) + valid,
		status: 413, err: "413: Request Entity Too Large"},
	{name: "GET", method: "GET", path: usersPath, status: 405, err: notAllowed, allow: true},
	{name: "PUT", method: "PUT", path: usersPath, contentType: contentJSON, body: valid,
		status: 405, err: notAllowed, allow: true},
	{name: "HEAD", method: "HEAD", path: usersPath, status: 405, allow: true, noBody: true},
	{name: "OPTIONS", method: "OPTIONS", path: usersPath, status: 204, allow: true, noBody: true},
	{name: "unknown path", method: "GET", path: "/", status: 404, err: notFound},
	{name: "POST to unknown path", method: "POST", path: "/v1/users", contentType: contentJSON, body: valid,
		status: 404, err: notFound},
	{name: "application's route", method: "GET", path: "/health", status: 200, raw: `{"status":"ok"}`},
	{name: "other method of application's route", method: "POST", path: "/health", status: 405, err: notAllowed},
	{name: "panic in application's route", method: "GET", path: "/health", panics: true, status: 500},
}

// Run tests the router that newRouter makes: registration at /v1/users/new and
// a GET /health whose response is {"status":"ok"}.
func Run(t *testing.T, newRouter func(*signup.Accounts) http.Handler) {
	router := newRouter(&signup.Accounts{
		Store:  memstore.New(),
		Hasher: signup.Bcrypt{Cost: 4},
		Policy: signup.AnyPassword,
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(panicHeader) != "" {
			w = &panicWriter{ResponseWriter: w}
		}
		router.ServeHTTP(w, r)
	}))
	defer server.Close()
	client := server.Client()
	// A redirect is a response like any other.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, client, server.URL) })
	}
	t.Run("planted secrets", leaktest.Plant)
}

const panicHeader = "Test-Panic"

// A panicWriter panics when the router or the application's route asks for the
// header for the first time: before that, only JSONErrors does. With it, the
// examples need no route that panics.
type panicWriter struct {
	http.ResponseWriter
	asked int
}

func (w *panicWriter) Header() http.Header {
	if w.asked++; w.asked == 2 {
		panic("routertest: requested by the test")
	}
	return w.ResponseWriter.Header()
}

func (c testCase) run(t *testing.T, client *http.Client, url string) {
	req, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	if c.panics {
		req.Header.Set(panicHeader, "1")
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(resp.Header, wiretest.Shown(body)) // to be searched for secrets

	if resp.StatusCode != c.status {
		t.Errorf("got status %d, want %d", resp.StatusCode, c.status)
	}
	if allow := strings.Join(resp.Header.Values("Allow"), ","); c.allow && !strings.Contains(allow, "POST") {
		t.Errorf("got Allow %q, want POST in it", allow)
	}
	if c.noBody {
		if len(body) > 0 {
			t.Errorf("got body %q, want none", body)
		}
		return
	}
	if got, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); got != contentJSON {
		t.Errorf("got Content-Type %q, want %q", got, contentJSON)
	}
	if c.raw != "" {
		if got := strings.TrimSpace(string(body)); got != c.raw {
			t.Errorf("got body %s, want %s", got, c.raw)
		}
		return
	}
	c.check(t, body)
}

func (c testCase) check(t *testing.T, body []byte) {
	var got response
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("got body %q, want JSON: %v", body, err)
	}
	if got.Error != c.err || got.Message == "" || c.message != "" && got.Message != c.message {
		t.Errorf("got body %s, want error %q, message %q", body, c.err, c.message)
	}
	if got.Success == nil || *got.Success != (c.status < 400) {
		t.Errorf("got body %s, want success %t", body, c.status < 400)
	}
}
