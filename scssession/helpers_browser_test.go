package scssession_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A browser keeps the cookies of a site.
type browser struct {
	t       testing.TB
	handler http.Handler
	cookies map[string]*http.Cookie
}

func newBrowser(t testing.TB, h http.Handler) *browser {
	return &browser{t, h, map[string]*http.Cookie{}}
}

// send sends a request without keeping the cookies of the response.
func (b *browser) send(path string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "https://site.example"+path, nil)
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Result()
}

// keep keeps the cookies of a response.
func (b *browser) keep(res *http.Response) {
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
}

// get returns the body of the response to a request.
func (b *browser) get(path string) string {
	b.t.Helper()
	res := b.send(path)
	b.keep(res)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("%s: reading the body returned %v, want nil", path, err)
	}
	return string(body)
}

// want reports if the body of the response to a request isn't want.
func (b *browser) want(path, want string) {
	b.t.Helper()
	if got := b.get(path); got != want {
		b.t.Errorf("%s: got the body %q, want %q", path, got, want)
	}
}

// clone returns a browser with the same cookies, as a stranger that has copied them.
func (b *browser) clone() *browser { return &browser{b.t, b.handler, maps.Clone(b.cookies)} }

// token returns the value of the cookie.
func (b *browser) token() string {
	for _, c := range b.cookies {
		return c.Value
	}
	return ""
}
