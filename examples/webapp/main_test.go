package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
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
	t.Fatalf("nothing that matches %s was printed in 30 seconds", pattern)
	return ""
}

// A newcomer starts the site, signs up, opens the link that is printed, chooses a
// password, and is logged in.
func TestSignUp(t *testing.T) {
	var out wiretest.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	addr := freeAddress(t)
	go func() { ended <- run(ctx, addr, nil, server(&out, "", 0)) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run returned %v, want nil", err)
		}
	}()
	base := "http://" + addr
	waitFor(t, addr)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("cookiejar.New returned %v, want nil", err)
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	get := func(u string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
		if err != nil {
			t.Fatalf("NewRequest returned %v, want nil", err)
		}
		r.Header.Set("Accept", "text/html") // as a browser
		return body(t)(client.Do(r))
	}
	post := func(page string, form url.Values) string { return body(t)(client.PostForm(base+page, form)) }

	if page := get(base + "/private"); !strings.Contains(page, "<h1>Log in</h1>") {
		t.Errorf("got the page %s, want that to log in", page)
	}
	page := post("/account/sign-up", url.Values{"email_address": {"ada@example.org"}})
	if !strings.Contains(page, "mail") {
		t.Errorf("got the page %s, want one that says to look for a mail", page)
	}
	link := find(t, &out, `(http://\S+/account/link\?token=\S+)`)
	if page = get(link); !strings.Contains(page, "ada@example.org") {
		t.Fatalf("got the page %s, want one to choose a password for ada@example.org", page)
	}
	mark := regexp.MustCompile(`name="link-mark" value="([^"]+)"`).FindStringSubmatch(page)
	if mark == nil {
		t.Fatalf("got the page %s, want a form with the hidden field link-mark", page)
	}
	page = post("/account/complete", url.Values{"link-mark": {mark[1]}, "password": {"correct horse battery staple"}, "first_name": {"Ada"}})
	if !strings.Contains(page, "Hello, Ada") {
		t.Fatalf("got the page %s, want the private one", page)
	}
	if page = get(base + "/private"); !strings.Contains(page, "Hello, Ada") {
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
	t.Fatalf("nothing listened at %s in 30 seconds", addr)
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
