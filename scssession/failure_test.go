package scssession_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gosignup/signup"
	"github.com/gosignup/signup/scssession"
)

// readBody returns the body of a response.
func readBody(t testing.TB, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the body returned %v, want nil", err)
	}
	return string(body)
}

// If the session can't be loaded or saved, the response is a bare 500. It has nothing of
// what the handler has written, and the client's cookie stays.
func TestStoreFails(t *testing.T) {
	for _, c := range []struct {
		name, path string
		fail       func(s *store)
	}{
		{"at load", "/current", func(s *store) { s.findErr = errStore }},
		{"at commit", "/put?basket=pears", func(s *store) { s.commitErr = errStore }},
	} {
		log := captureLog(t)
		s := newSite(t, nil)
		b := newBrowser(t, s.handler)
		b.want("/set?id=ada", "set")
		b.want("/put?basket=apples", "put")
		c.fail(s.store)
		res := b.send(c.path)
		body := readBody(t, res)
		if res.StatusCode != http.StatusInternalServerError || body != "Internal Server Error\n" || len(res.Cookies()) != 0 ||
			res.Header.Get("Location")+res.Header.Get("ETag") != "" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d with %v and %q; want a bare 500 with no-store, and no cookie", c.name, res.StatusCode, res.Header, body)
		}
		for _, secret := range []string{"example.org", "stamp-1", b.token()} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s: the log has %q, want no address, stamp or token", c.name, secret)
			}
		}
		if got := strings.Count(log.String(), "connection refused"); got != 1 {
			t.Errorf("%s: the log has the error %d times, want once", c.name, got)
		}
		s.fail(nil)
		b.want("/current", "ada true apples")
	}
}

// An error of Set or Clear reaches the caller, whose response is sent. Nothing is saved
// after it.
func TestSetAndClearFail(t *testing.T) {
	for _, c := range []struct {
		name, path, want string
		loggedIn         bool
		fail             func(s *store)
		after            string // what the client has then
	}{
		{"Set at commit", "/set?id=ada", "not set\n", false, func(s *store) { s.commitErr = errStore }, " false "},
		{"Set at delete", "/set?id=ada", "not set\n", true, func(s *store) { s.deleteErr = errStore }, "ada true "},
		{"Set of another user", "/set?id=bob", "not set\n", true, func(s *store) { s.deleteErr = errStore }, "ada true "},
		{"Set of another user at commit", "/set?id=bob", "not set\n", true, func(s *store) { s.commitErr = errStore }, " false "},
		{"Clear", "/clear", "not cleared\n", true, func(s *store) { s.deleteErr = errStore }, "ada true "},
		{"Clear of nothing", "/clear", "cleared", false, func(s *store) { s.deleteErr = errStore }, " false "},
	} {
		log := captureLog(t)
		s := newSite(t, nil)
		b := newBrowser(t, s.handler)
		if c.loggedIn {
			b.want("/set?id=ada", "set")
		}
		c.fail(s.store)
		res := b.send(c.path)
		if body := readBody(t, res); body != c.want || len(res.Cookies()) != 0 {
			t.Errorf("%s: got %q and the cookies %v, want %q and none", c.name, body, res.Cookies(), c.want)
		}
		if log.Len() > 0 {
			t.Errorf("%s: the log has %s, want nothing: the caller has the error", c.name, log)
		}
		s.fail(nil)
		b.want("/current", c.after)
	}
}

// The error of Set is the store's, and a later Set may succeed.
func TestSetAgain(t *testing.T) {
	data := newStore()
	s := scssession.New(scssession.NewManager(&scssession.Options{Store: data}))
	b := newBrowser(t, s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data.commitErr = errStore
		if err := s.Set(w, r, session("ada")); !errors.Is(err, errStore) {
			t.Errorf("Set returned %v, want the store's error", err)
		}
		data.commitErr = nil
		if err := s.Set(w, r, session("ada")); err != nil {
			t.Errorf("the second Set returned %v, want nil", err)
		}
		w.WriteHeader(http.StatusNoContent)
		if err := s.Set(w, r, session("bob")); err == nil {
			t.Error("Set after the response has begun returned nil, want an error")
		}
	})))
	b.get("/")
	if len(b.cookies) != 1 || data.len() != 1 {
		t.Errorf("got %d cookies and %d stored sessions, want 1 and 1", len(b.cookies), data.len())
	}
}

// otherCodec isn't able to read what another codec has written.
type otherCodec struct{ scs.GobCodec }

func (c otherCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	b, err := c.GobCodec.Encode(deadline, values)
	return append([]byte("other:"), b...), err
}

func (c otherCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	b, ok := bytes.CutPrefix(b, []byte("other:"))
	if !ok {
		return time.Time{}, nil, errors.New("unknown format")
	}
	return c.GobCodec.Decode(b)
}

// After a change of the codec, clients have no session instead of errors.
func TestStoredByAnotherCodec(t *testing.T) {
	log := captureLog(t)
	s := newSite(t, nil)
	b := newBrowser(t, s.handler)
	b.want("/set?id=ada", "set")
	m := scssession.NewManager(&scssession.Options{Store: s.store})
	m.Codec = otherCodec{}
	restarted := scssession.New(m)
	b.handler = restarted.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, ok := restarted.Current(r); ok {
			t.Errorf("Current returned %v, want no Session", got)
		}
		if err := restarted.Set(w, r, session("ada")); err != nil {
			t.Errorf("Set returned %v, want nil", err)
		}
	}))
	token := b.token()
	if b.get("/"); b.token() == token {
		t.Error("the client has the token from before, want a new one")
	}
	if strings.Count(log.String(), `"level":"WARN"`) != 1 || strings.Contains(log.String(), "example.org") {
		t.Errorf("the log has %s, want one warning without an address", log)
	}
}

// What other versions of this module store is read, without the fields that this one
// doesn't know.
func TestOtherVersions(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       signup.Session
		ok         bool
	}{
		{"later", `{"key":"ada@example.org","id":"ada","stamp":"stamp-1","device":"d","at":"2026-01-02T03:04:05.006Z","by":1,"remember":true,"later":{"a":[1]}}`,
			signup.Session{Key: "ada@example.org", ID: "ada", Stamp: "stamp-1", Device: "d", At: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), By: 1, Remember: true}, true},
		{"earlier", `{"key":"ada@example.org","id":"ada"}`, signup.Session{Key: "ada@example.org", ID: "ada"}, true},
		{"malformed", `{"id":`, signup.Session{}, false},
		{"another type", `{"id":1}`, signup.Session{}, false},
	} {
		m := scssession.NewManager(&scssession.Options{Store: newStore()})
		s := scssession.New(m)
		newBrowser(t, s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			m.Put(r.Context(), "signup.session", c.text)
			if got, ok := s.Current(r); got != c.want || ok != c.ok {
				t.Errorf("%s: Current returned %v at %v, %t; want %v at %v, %t", c.name, got, got.At, ok, c.want, c.want.At, c.ok)
			}
		}))).get("/")
	}
}

// The response of JSONErrors around the sessions is JSON.
func TestFailureAsJSON(t *testing.T) {
	captureLog(t)
	s := newSite(t, nil)
	b := newBrowser(t, signup.JSONErrors(s.handler, nil))
	s.commitErr = errStore
	res := b.send("/put?basket=apples")
	if body := readBody(t, res); res.StatusCode != 500 || res.Header.Get("Content-Type") != "application/json" || !strings.Contains(body, `"success":false`) {
		t.Errorf("got %d, %q, want 500 in JSON", res.StatusCode, body)
	}
}
