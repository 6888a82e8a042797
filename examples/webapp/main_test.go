package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

// find waits for what pattern matches in out, and returns its first group.
func find(t *testing.T, out *wiretest.Buffer, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for range 600 {
		if m := re.FindStringSubmatch(out.String()); m != nil {
			return m[1]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("got no output that matches %s in 30 seconds, want some", pattern)
	return ""
}

// A site is the program under test.
type site struct {
	out  wiretest.Buffer
	base string
	stop func()
}

// start runs the site until the test ends, or until stop is called.
func start(t *testing.T, db string) *site {
	t.Helper()
	addr := freeAddress(t)
	s := &site{base: "http://" + addr}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, addr, db, server(&s.out, "", 0)) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run returned %v, want nil", err)
		}
	})
	t.Cleanup(s.stop)
	waitFor(t, addr)
	return s
}

// A visitor is a browser.
type visitor struct {
	t      *testing.T
	client *http.Client
}

func newVisitor(t *testing.T) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("cookiejar.New returned %v, want nil", err)
	}
	return visitor{t, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (v visitor) get(u string) string {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, u, nil)
	if err != nil {
		v.t.Fatalf("NewRequest returned %v, want nil", err)
	}
	r.Header.Set("Accept", "text/html")
	return body(v.t)(v.client.Do(r))
}

func (v visitor) post(u string, form url.Values) string {
	v.t.Helper()
	return body(v.t)(v.client.PostForm(u, form))
}

const password = "correct horse battery staple"

// A newcomer starts the site, signs up, opens the link that is printed, chooses a
// password, and is logged in. With a file, the user is still there after a restart.
func TestSignUp(t *testing.T) {
	for name, db := range map[string]string{"memory": "", "file": "sqlite:" + filepath.Join(t.TempDir(), "us?ers #1%.db")} {
		t.Run(name, func(t *testing.T) {
			s := start(t, db)
			signUp(t, s)
			if db == "" {
				return
			}
			s.stop()
			again := start(t, db)
			v := newVisitor(t)
			v.get(again.base + "/account/log-in")
			page := v.post(again.base+"/account/log-in", url.Values{"email_address": {"ada@example.org"}, "password": {password}})
			if !strings.Contains(page, "Hello, Ada") {
				t.Errorf("after a restart, got the page %s, want the private one", page)
			}
			if info, err := os.Stat(strings.TrimPrefix(db, "sqlite:")); err != nil || info.Mode() != 0o600 {
				t.Errorf("the file of the users: got the mode %v and the error %v, want the name in -db and the mode 0600", info, err)
			}
		})
	}
}

// A URL of another kind is refused at once. The error doesn't have it: there may be a password.
func TestUnknownURL(t *testing.T) {
	for _, db := range []string{"users.db", "mysql://root:correct-horse@localhost/users", "http:users", "http://a b:correct-horse@localhost"} {
		_, _, _, err := open(t.Context(), db)
		if err == nil || !strings.Contains(err.Error(), "sqlite:users.db") || strings.Contains(err.Error(), "correct-horse") {
			t.Errorf("open(%q): got the error %v, want one that says what a URL is, without the password", db, err)
		}
	}
}

// A link has an address that a browser can open, whatever -addr is.
func TestBaseURL(t *testing.T) {
	for addr, want := range map[string]string{
		":8080": "http://localhost:8080", "0.0.0.0:8080": "http://localhost:8080", "[::]:8080": "http://localhost:8080",
		"127.0.0.1:8080": "http://127.0.0.1:8080", "[::1]:8080": "http://[::1]:8080", "192.0.2.1:80": "http://192.0.2.1:80",
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatalf("ResolveTCPAddr returned %v, want nil", err)
		}
		if a.IP == nil { // as a listener has it
			a.IP = net.IPv6unspecified
		}
		if got := baseURL(a); got != want {
			t.Errorf("the URL for -addr %s is %q, want %q", addr, got, want)
		}
	}
}

func signUp(t *testing.T, s *site) {
	t.Helper()
	v := newVisitor(t)
	if page := v.get(s.base + "/private"); !strings.Contains(page, "<h1>Log in</h1>") {
		t.Errorf("got the page %s, want that to log in", page)
	}
	page := v.post(s.base+"/account/sign-up", url.Values{"email_address": {"ada@example.org"}})
	if !strings.Contains(page, "mail") {
		t.Errorf("got the page %s, want one that says to look for a mail", page)
	}
	link := find(t, &s.out, `(http://\S+/account/link\?token=\S+)`)
	if page = v.get(link); !strings.Contains(page, "ada@example.org") {
		t.Fatalf("got the page %s, want one to choose a password for ada@example.org", page)
	}
	mark := regexp.MustCompile(`name="link-mark" value="([^"]+)"`).FindStringSubmatch(page)
	if mark == nil {
		t.Fatalf("got the page %s, want a form with the hidden field link-mark", page)
	}
	page = v.post(s.base+"/account/complete", url.Values{"link-mark": {mark[1]}, "password": {password}, "first_name": {"Ada"}})
	if !strings.Contains(page, "Hello, Ada") {
		t.Fatalf("got the page %s, want the private one", page)
	}
	if page = v.get(s.base + "/private"); !strings.Contains(page, "Hello, Ada") {
		t.Errorf("got the page %s, want the private one", page)
	}
}

// freeAddress returns an address at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("Listen returned %v, want nil", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// waitFor waits until a server listens at addr.
func waitFor(t *testing.T, addr string) {
	t.Helper()
	for range 600 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("got no connection to %s in 30 seconds, want one", addr)
}

// body returns a function that returns the body of a response.
func body(t *testing.T) func(*http.Response, error) string {
	return func(res *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatalf("the request returned %v, want nil", err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatalf("reading the body returned %v, want nil", err)
		}
		return string(b)
	}
}
