package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A fakeElastic responds to each request with a status and a body, and notes it.
type fakeElastic struct {
	status int
	body   string

	mu       sync.Mutex
	requests []string // method and path
	logins   []string // the header Authorization
}

func (f *fakeElastic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	f.logins = append(f.logins, r.Header.Get("Authorization"))
	f.mu.Unlock()
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	_, _ = fmt.Fprint(w, f.body)
}

// absent is the response to a request for a user that doesn't exist.
const absent = `{"_index":"users-000001","_id":"x","found":false}`

// newFake returns a server that has no user.
func newFake(t *testing.T) (*fakeElastic, string) {
	f := &fakeElastic{status: http.StatusNotFound, body: absent}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

const otherSecret = "an0ther.s3cr3t"

func TestElasticLogin(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "secret"), secret+"\n")
	prefix := "SIGNUP_ELASTICSEARCH_"
	basic := func(user, password string) string {
		r, _ := http.NewRequest(http.MethodGet, "/", nil)
		r.SetBasicAuth(user, password)
		return r.Header.Get("Authorization")
	}
	for _, c := range []struct {
		name string
		user string // in the URL
		env  map[string]string
		want string // the header Authorization
	}{
		{"none", "", nil, ""},
		{"a key", "", map[string]string{prefix + "API_KEY": secret}, "APIKey " + secret},
		{"a key in a file", "", map[string]string{prefix + "API_KEY_FILE": file}, "APIKey " + secret},
		{"a user", "", map[string]string{prefix + "USERNAME": "u", prefix + "PASSWORD": secret}, basic("u", secret)},
		{"a user with a file", "", map[string]string{prefix + "USERNAME": "u", prefix + "PASSWORD_FILE": file}, basic("u", secret)},
		{"a user in the URL", "u@", map[string]string{prefix + "PASSWORD": secret}, basic("u", secret)},
		{"a password in SIGNUP_STORE", "u:" + escapedSecret + "@", map[string]string{prefix + "PASSWORD": otherSecret}, basic("u", secret)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, url := newFake(t)
			r := on(strings.Replace(url, "://", "://"+c.user, 1))
			for name, value := range c.env {
				r.env[name] = value
			}
			got := r.run(t.Context(), "-v", "show", address(0))
			got.want(t, exitNotFound)
			got.wantNoSecret(t)
			if len(f.logins) == 0 || f.logins[0] != c.want {
				t.Errorf("got %d requests with another login, want one that is as configured", len(f.logins))
			}
		})
	}
}

func TestElasticAlias(t *testing.T) {
	f, url := newFake(t)
	f.body = strings.ReplaceAll(f.body, "users", "people")
	on(url+"?alias=people").run(t.Context(), "show", address(0)).want(t, exitNotFound)
	if len(f.requests) != 1 || !strings.HasPrefix(f.requests[0], "GET /people/_doc/") {
		t.Errorf("got the requests %q, want one to the alias people", f.requests)
	}
}

func TestElasticErrors(t *testing.T) {
	problem := func(kind string) string { return `{"error":{"type":"` + kind + `","reason":"x"},"status":0}` }
	for _, c := range []struct {
		name   string
		status int
		body   string
		code   int
		want   string // in stderr
	}{
		{"wrong password", 401, problem("security_exception"), exitFailed, "status 401, security_exception"},
		{"no index", 404, problem("index_not_found_exception"), exitFailed, "is the store set up?"},
		{"no capacity", 429, problem("es_rejected_execution_exception"), exitBusy, "try again"},
		{"no JSON", 200, "<html>", exitFailed, "esstore: get"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, url := newFake(t)
			f.status, f.body = c.status, c.body
			on(url).run(t.Context(), "show", address(0)).want(t, c.code, "2:"+c.want)
			r := on(url).run(t.Context(), "-json", "deactivate", address(0))
			r.want(t, c.code)
			one(t, r.stderr)
		})
	}
}

// The authority of a certificate is given by -ca.
func TestElasticCA(t *testing.T) {
	f := &fakeElastic{status: http.StatusNotFound, body: absent}
	server := httptest.NewUnstartedServer(f)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := writeFile(t, filepath.Join(t.TempDir(), "ca.pem"),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	on(server.URL).run(t.Context(), "-ca", ca, "show", address(0)).want(t, exitNotFound)
	if r := on(server.URL).run(t.Context(), "show", address(0)); r.code == exitNotFound || !strings.Contains(r.stderr, "certificate") {
		t.Errorf("got the exit code %d and %s without -ca, want an error about the certificate", r.code, shown(r.stderr))
	}
	on(server.URL).run(t.Context(), "-ca", ca+"x", "show", address(0)).want(t, exitUsage, "2:-ca: ")
	on(server.URL).run(t.Context(), "-ca", writeFile(t, ca+"0", "x"), "show", address(0)).want(t, exitUsage, "2:Elasticsearch: ")
}

func TestUnencrypted(t *testing.T) {
	for host, want := range map[string]bool{"localhost": false, "127.0.0.1": false, "::1": false, "es.example": true, "10.0.0.1": true} {
		if got := !isLocal(host); got != want {
			t.Errorf("%s: got a note %t, want %t", host, got, want)
		}
	}
	for host, want := range map[string]string{"es.example": "note: the URL begins with http://", "localhost": ""} {
		var stderr strings.Builder
		c := &call{env: on("http://u:" + escapedSecret + "@" + host).getenv, stderr: &stderr}
		s, err := c.open(false)
		if err != nil {
			t.Fatalf("open: got the error %v, want nil", err)
		}
		s.close()
		if got := stderr.String(); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got the note %q, want %q", host, got, want)
		}
	}
}

// A search refreshes the index first. If that isn't allowed, it searches all the same.
func TestElasticSearchRefreshes(t *testing.T) {
	for status, searches := range map[int]bool{http.StatusForbidden: true, http.StatusNotFound: false} {
		f, url := newFake(t)
		f.status, f.body = status, `{"error":{"type":"of_this_test"}}`
		got := on(url).run(t.Context(), "search")
		got.want(t, exitFailed)
		if len(f.requests) == 0 || f.requests[0] != "POST /users/_refresh" || (len(f.requests) > 1) != searches {
			t.Errorf("with the status %d, got the requests %q, want POST /users/_refresh first, and others: %t", status, f.requests, searches)
		}
	}
}
