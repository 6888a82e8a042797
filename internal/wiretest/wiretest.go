// Package wiretest sends recorded HTTP requests to a server and compares the
// responses. The recordings are of the service that this project began with.
// Package wiretest also starts the examples as processes.
package wiretest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

//go:embed testdata/wire.json
var recorded []byte

// A Case is a request with the recorded response. Want, if not nil, is the response
// of this project where it differs on purpose.
type Case struct {
	Name    string `json:"case"`
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
	}
	Recorded response
	Want     *response
}

// A response has the expected status, nil for any 2xx, and the expected members of
// the JSON body.
type response struct {
	Status *int
	Body   map[string]any
}

// Cases returns the recorded cases for whose names f returns true, in the order of
// the file. It fails the test if there are none.
func Cases(t *testing.T, f func(name string) bool) []Case {
	t.Helper()
	var all, some []Case
	if err := json.Unmarshal(recorded, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if f(c.Name) {
			some = append(some, c)
		}
	}
	if len(some) == 0 {
		t.Fatal("found no recorded case, want at least one")
	}
	return some
}

// The cases run in the order of the file, on one empty store. The exceptions are
// those that need an unreachable store.
func isStoreDown(name string) bool { return strings.Contains(name, "store-down") }
func isLogin(name string) bool     { return strings.HasPrefix(name, "login") }

// StoreDown reports whether the case with this name needs an unreachable store.
func StoreDown(name string) bool { return isStoreDown(name) }

// StoreUp reports whether the case with this name needs a working store.
func StoreUp(name string) bool { return !isStoreDown(name) }

// SignUp reports whether the case with this name is of the registration handler with
// a working store.
func SignUp(name string) bool { return !isStoreDown(name) && !isLogin(name) }

// Run sends the requests of the cases to the server at url, in order, and
// compares the responses.
func Run(t *testing.T, url string, cases []Case) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.run(t, client, url) })
	}
	t.Run("planted secrets", leaktest.Plant)
}

func (c Case) run(t *testing.T, client *http.Client, url string) {
	var body io.Reader
	if c.Request.Body != nil {
		body = strings.NewReader(*c.Request.Body)
	}
	req, err := http.NewRequestWithContext(t.Context(), c.Request.Method, url+c.Request.Path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.Request.Headers {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(res.Header, Shown(text)) // so that it is searched for secrets
	c.check(t, res, text)
}

var repeated = regexp.MustCompile(`'(?:[^"\\]|\\.)*@(?:[^"\\]|\\.)*' ((?:added successfully|successfully logged in)!|already exists\.|is not valid )`)

// typed is a member that has what was typed: that of a FieldError, and that of a user.
var typed = regexp.MustCompile(`"(value|email_address)":"(?:[^"\\]|\\.)*"`)

// Shown returns the body of a response in a form that the output of a test may
// contain: without the address, which messages, "value" and "email_address" repeat.
func Shown(body []byte) string {
	return typed.ReplaceAllString(repeated.ReplaceAllString(string(body), "'…' $1"), `"$1":"…"`)
}

func (c Case) check(t *testing.T, res *http.Response, text []byte) {
	want := c.Recorded
	if c.Want != nil {
		want = *c.Want
	}
	switch {
	case want.Status == nil && res.StatusCode/100 != 2:
		t.Errorf("got status %d, want 2xx; body %s", res.StatusCode, text)
	case want.Status != nil && res.StatusCode != *want.Status:
		t.Errorf("got status %d, want %d; body %s", res.StatusCode, *want.Status, text)
	}
	allow := res.Header.Get("Allow")
	if res.StatusCode == http.StatusMethodNotAllowed || c.Request.Method == http.MethodOptions {
		if !strings.Contains(allow, "POST") || !strings.Contains(allow, "OPTIONS") {
			t.Errorf("got Allow %q, want POST and OPTIONS in it", allow)
		}
	}
	switch c.Request.Method {
	case http.MethodHead, http.MethodOptions:
		return
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("got Content-Type %q, want application/json", got)
	}
	var got map[string]any
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&got); err != nil {
		t.Fatalf("got the body %q, want a JSON object: %v", text, err)
	}
	for name, value := range want.Body {
		if !reflect.DeepEqual(got[name], value) {
			t.Errorf("%q: got %#v, want %#v", name, got[name], value)
		}
	}
	// The rest holds for every response, also if this project changed its words.
	if message, _ := got["message"].(string); message == "" {
		t.Errorf("got %s, want a message in it", text)
	}
	if success, ok := got["success"].(bool); !ok || success != (res.StatusCode < 400) {
		t.Errorf("got success %v with status %d, want %t", got["success"], res.StatusCode, res.StatusCode < 400)
	}
}
