// Package wiretest runs the recorded HTTP exchanges of the service that this
// project began with against a server, and starts the examples as processes.
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

// A Case is a request with the answer that was recorded, and the one that is
// wanted where this project means to differ.
type Case struct {
	Name    string `json:"case"`
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         *string
	}
	Recorded answer
	Want     *answer
}

type answer struct {
	Status *int
	Body   map[string]any
}

// Cases returns the recorded cases whose names pass f, in their order.
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
		t.Fatal("no case recorded")
	}
	return some
}

// The cases run in file order on one empty store, but for those that need the
// store to be unreachable.
func isStoreDown(name string) bool { return strings.Contains(name, "store-down") }
func isLogin(name string) bool     { return strings.HasPrefix(name, "login") }

// StoreDown names the cases that need an unreachable store.
func StoreDown(name string) bool { return isStoreDown(name) }

// StoreUp names all other cases.
func StoreUp(name string) bool { return !isStoreDown(name) }

// SignUp names the cases of the registration handler with a working store.
func SignUp(name string) bool { return !isStoreDown(name) && !isLogin(name) }

// Run sends the requests of the cases to the server at url, in order, and
// compares the answers.
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
	t.Log(res.Header, Shown(text)) // to be searched for secrets
	c.check(t, res, text)
}

var repeated = regexp.MustCompile(`'(?:[^"\\]|\\.)*@(?:[^"\\]|\\.)*' ((?:added successfully|successfully logged in)!|already exists\.|is not valid )`)

// Shown returns an answer as a test's output may have it: without the address,
// which the messages repeat to the person who typed it.
func Shown(answer []byte) string { return repeated.ReplaceAllString(string(answer), "'…' $1") }

func (c Case) check(t *testing.T, res *http.Response, text []byte) {
	want := c.Recorded
	if c.Want != nil {
		want = *c.Want
	}
	switch {
	case want.Status == nil && res.StatusCode/100 != 2:
		t.Errorf("status %d, want 2xx; body %s", res.StatusCode, text)
	case want.Status != nil && res.StatusCode != *want.Status:
		t.Errorf("status %d, want %d; body %s", res.StatusCode, *want.Status, text)
	}
	allow := res.Header.Get("Allow")
	if res.StatusCode == http.StatusMethodNotAllowed || c.Request.Method == http.MethodOptions {
		if !strings.Contains(allow, "POST") || !strings.Contains(allow, "OPTIONS") {
			t.Errorf("Allow is %q, want POST and OPTIONS in it", allow)
		}
	}
	switch c.Request.Method {
	case http.MethodHead, http.MethodOptions:
		return
	}
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	var got map[string]any
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&got); err != nil {
		t.Fatalf("the body %q is not a JSON object: %v", text, err)
	}
	for name, value := range want.Body {
		if !reflect.DeepEqual(got[name], value) {
			t.Errorf("%q is %#v, want %#v", name, got[name], value)
		}
	}
	// What holds for every answer, also where the words are the project's own.
	if message, _ := got["message"].(string); message == "" {
		t.Errorf("no message in %s", text)
	}
	if success, ok := got["success"].(bool); !ok || success != (res.StatusCode < 400) {
		t.Errorf("success is %v at status %d", got["success"], res.StatusCode)
	}
}
