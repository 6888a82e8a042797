package scssession_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/scssession"
)

// A slow request that ends after a log-out, a log-in or a renewal of the same client
// doesn't undo it, whether it has changed data or not.
func TestSlowRequest(t *testing.T) {
	for _, c := range []struct{ meanwhile, want string }{
		{"/clear", " false "},
		{"/set?id=ada", "ada true apples"},
		{"/set?id=bob", "bob true "},
	} {
		for _, put := range []bool{false, true} {
			data := newStore()
			data.keepExpired = true
			m := scssession.NewManager(&scssession.Options{Store: data})
			m.IdleTimeout = 1 // so that each request is due to write
			s := scssession.New(m)
			fast := newSite(t, func(o *scssession.Options) { o.Store = data })
			b := newBrowser(t, fast.handler)
			b.want("/set?id=ada", "set")
			b.want("/put?basket=apples", "put")
			// The first request has begun, and the second one ends before it.
			slow := *b
			var ended string
			slow.handler = s.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ended = b.token()
				b.get(c.meanwhile)
				if put {
					m.Put(r.Context(), "basket", "pears")
				}
			}))
			res := slow.send("/")
			if cookies := res.Cookies(); len(cookies) != 0 {
				t.Errorf("%s, change %t: the slow response has set %v, want no cookie", c.meanwhile, put, cookies)
			}
			b.keep(res)
			b.want("/current", c.want)
			b.cookies["__Host-session"] = &http.Cookie{Name: "__Host-session", Value: ended}
			b.want("/current", " false ")
		}
	}
}

// A request that only makes the session last longer keeps what another one has changed.
func TestRefreshKeepsChanges(t *testing.T) {
	data := newStore()
	data.keepExpired = true
	m := scssession.NewManager(&scssession.Options{Store: data})
	m.IdleTimeout = 1 // so that each request is due to write
	s := scssession.New(m)
	b := newBrowser(t, newSite(t, func(o *scssession.Options) { o.Store = data }).handler)
	b.want("/set?id=ada", "set")
	refreshing := *b
	refreshing.handler = s.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { b.want("/put?basket=apples", "put") }))
	before := data.commits
	refreshing.send("/")
	if got := data.commits - before; got != 2 {
		t.Errorf("got %d writes, want 2", got)
	}
	b.want("/current", "ada true apples")
}

// Many requests of one client, and of two, at once.
func TestCrowd(t *testing.T) {
	s := newSite(t, nil)
	ada, bob := newBrowser(t, s.handler), newBrowser(t, s.handler)
	ada.want("/set?id=ada", "set")
	bob.want("/set?id=bob", "set")
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			b, id := ada.clone(), "ada"
			if i%2 == 1 {
				b, id = bob.clone(), "bob"
			}
			if i%10 < 4 {
				b.want(fmt.Sprintf("/put?basket=%d", i), "put")
				return
			}
			if got := b.get("/current"); !strings.HasPrefix(got, id+" true ") {
				t.Errorf("got %q, want the session of %s", got, id)
			}
		})
	}
	wg.Wait()
	if s.len() != 2 {
		t.Errorf("got %d sessions, want 2", s.len())
	}
}

// newSlow returns Sessions for a slow request, and a browser in which ada is logged in, of
// a site that shares their store.
func newSlow(t *testing.T) (*scssession.Sessions, *browser) {
	t.Helper()
	data := newStore()
	s := scssession.New(scssession.NewManager(&scssession.Options{Store: data}))
	fast := newSite(t, func(o *scssession.Options) { o.Store = data })
	b := newBrowser(t, fast.handler)
	b.want("/set?id=ada", "set")
	return s, b
}

// A session that goes on, as when the user ends all others, isn't kept again if the user
// has logged out in the meantime. A log-in at that time is.
func TestSlowSet(t *testing.T) {
	for _, c := range []struct {
		later time.Duration // of the new proof of identity; 0: there is none
		err   error
		want  string
	}{
		{0, signup.ErrEnded, " false "},
		{time.Second, nil, "ada true "},
	} {
		s, b := newSlow(t)
		slow := *b
		slow.handler = s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, _ := s.Current(r)
			b.want("/clear", "cleared")
			session.Stamp, session.At = "stamp-2", session.At.Add(c.later)
			if err := s.Set(w, r, session); !errors.Is(err, c.err) {
				t.Errorf("Set with a proof that is %v newer returned %v, want %v", c.later, err, c.err)
			}
		}))
		b.keep(slow.send("/"))
		b.want("/current", c.want)
	}
}
