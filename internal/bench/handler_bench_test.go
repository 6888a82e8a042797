package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/servers"
	"github.com/gosignup/signup/memstore"
)

// noHash is a Hasher that does nothing, and reports the least work.
type noHash struct{}

func (noHash) Hash(string) (signup.Hash, error) { return signup.Hash(aHash), nil }
func (noHash) Verify(signup.Hash, string) bool  { return true }
func (noHash) NeedsRehash(signup.Hash) bool     { return true }
func (noHash) Work() signup.Work                { return signup.Work{Rounds: 1} }

// GenerateHash and CompareHashAndPassword implement authboss.Hasher.
func (noHash) GenerateHash(string) (string, error)         { return string(aHash), nil }
func (noHash) CompareHashAndPassword(string, string) error { return nil }

// aHash is as long as a bcrypt hash, but isn't one.
var aHash = []byte("$none$" + rand.Text() + rand.Text() + "..")

// BenchmarkNoHash measures a sign-up without its hash and without a network.
// "logged" writes a log and discards it. The others write none, though Authboss
// writes a log by default.
//
//	go test -run '^$' -bench NoHash -count 10 . >new && benchstat -col /server new
func BenchmarkNoHash(b *testing.B) {
	newOurs := func(h slog.Handler) func() (http.Handler, error) {
		return func() (http.Handler, error) { return servers.Ours(memstore.New(), noHash{}, slog.New(h)), nil }
	}
	newMinimal := func() (http.Handler, error) {
		return servers.Minimal(func([]byte) ([]byte, error) { return bytes.Clone(aHash), nil }), nil
	}
	newAuthboss := func() (http.Handler, error) { return servers.Authboss(noHash{}) }
	for _, s := range []struct {
		name, path string
		newHandler func() (http.Handler, error)
		signUp     func([]byte, int64) []byte
	}{
		{"minimal", servers.SignUpPath, newMinimal, appendSignUp},
		{"ours", servers.SignUpPath, newOurs(slog.DiscardHandler), appendSignUp},
		{"logged", servers.SignUpPath, newOurs(slog.NewTextHandler(io.Discard, nil)), appendSignUp},
		{"authboss", servers.AuthbossSignUpPath, newAuthboss, appendAuthbossSignUp},
	} {
		var n atomic.Int64
		handler := func(b *testing.B) http.Handler { // a new one, without the users of another run
			h, err := s.newHandler()
			if err != nil {
				b.Fatal(err)
			}
			c := newCaller(s.path)
			c.call(b, h, s.signUp(c.text[:0], n.Add(1))) // what a handler sets up at the first request
			return h
		}
		b.Run("server="+s.name, func(b *testing.B) {
			b.ReportAllocs()
			h, c := handler(b), newCaller(s.path)
			for b.Loop() {
				c.call(b, h, s.signUp(c.text[:0], n.Add(1)))
			}
		})
		b.Run("server="+s.name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			h := handler(b)
			b.RunParallel(func(pb *testing.PB) {
				c := newCaller(s.path)
				for pb.Next() {
					c.call(b, h, s.signUp(c.text[:0], n.Add(1)))
				}
			})
		})
	}
}

// A caller calls handlers without allocating.
type caller struct {
	request http.Request
	text    []byte
	body    bytes.Reader
	header  http.Header // of the response
	status  int
	written []byte // the body of the response
}

func newCaller(path string) *caller {
	c := &caller{header: make(http.Header), text: make([]byte, 0, 512), written: make([]byte, 0, 512)}
	r, err := http.NewRequest(http.MethodPost, path, nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Encoding", "gzip")
	r.RemoteAddr = "192.0.2.1:1234"
	c.request = *r
	return c
}

func (c *caller) call(b *testing.B, h http.Handler, body []byte) {
	c.body.Reset(body)
	c.request.Body = io.NopCloser(&c.body) // one small allocation, for every server
	c.request.ContentLength = int64(len(body))
	r := c.request // a copy, because handlers and muxes change it
	clear(c.header)
	c.status, c.written = 0, c.written[:0]
	h.ServeHTTP(c, &r)
	if c.status != http.StatusOK || !granted(c.status, c.written) {
		b.Fatalf("got status %d and body %s, want a granted sign-up", c.status, c.written)
	}
}

func (c *caller) Header() http.Header { return c.header }

func (c *caller) WriteHeader(status int) { c.status = status }

func (c *caller) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	c.written = append(c.written, p...)
	return len(p), nil
}

// The benchmarks measure sign-ups only if the bodies are valid and refusals are
// recognized.
func TestServersGrant(t *testing.T) {
	for name, body := range map[string][]byte{
		"ours": appendSignUp(nil, 1), "authboss": appendAuthbossSignUp(nil, 1),
	} {
		if !json.Valid(body) {
			t.Errorf("%s: got the body %s, want JSON", name, body)
		}
	}
	for body, want := range map[string]bool{
		`{"message":"added","success":true}`:              true,
		`{"message":"exists already","success":false}`:    false,
		`{"status":"success","location":"/"}`:             true,
		`{"status":"failure","errors":{"":["…"]}}`:        false,
		`{"collectionName":"users","id":"k7h2v0q1m3x9a"}`: true,
	} {
		if got := granted(http.StatusOK, []byte(body)); got != want {
			t.Errorf("granted(%s): got %t, want %t", body, got, want)
		}
	}
}
