package scssession_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gosignup/signup/scssession"
)

func TestCookieAttributes(t *testing.T) {
	for _, c := range []struct {
		name     string
		insecure bool
		path     string
		want     string
		maxAge   time.Duration
	}{
		{"TLS", false, "/set?id=ada", "__Host-session", 0},
		{"TLS, remembered", false, "/set?id=ada&remember=yes", "__Host-session", 14 * 24 * time.Hour},
		{"TLS, remembered for long", false, "/set?id=ada&remember=yes&age=480h", "__Host-session", 10 * 24 * time.Hour},
		{"no TLS", true, "/set?id=ada", "session", 0},
		{"no TLS, remembered", true, "/set?id=ada&remember=yes", "session", 14 * 24 * time.Hour},
		{"no log-in", false, "/put?basket=apples", "__Host-session", 0},
	} {
		b := newBrowser(t, newSite(t, func(o *scssession.Options) { o.InsecureCookies = c.insecure }).handler)
		res := b.send(c.path)
		b.keep(res)
		cookies := res.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%s: got %d cookies, want 1", c.name, len(cookies))
		}
		got := cookies[0]
		if got.Name != c.want || got.Path != "/" || got.Domain != "" || got.Secure == c.insecure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: got the cookie %s with Path %q, Domain %q, Secure %t, HttpOnly %t, SameSite %v; want %s, /, none, %t, true, Lax",
				c.name, got.Name, got.Path, got.Domain, got.Secure, got.HttpOnly, got.SameSite, c.want, !c.insecure)
		}
		late := c.maxAge - time.Duration(got.MaxAge)*time.Second
		if late < -time.Second || late > 5*time.Second || (c.maxAge > 0) == got.Expires.IsZero() {
			t.Errorf("%s: got Max-Age %d and Expires %v, want %v", c.name, got.MaxAge, got.Expires, c.maxAge)
		}
		if vary := res.Header.Values("Vary"); len(vary) != 1 || vary[0] != "Cookie" {
			t.Errorf("%s: Vary is %q, want Cookie", c.name, vary)
		}
		removed := b.send("/clear").Cookies()
		if len(removed) != 1 || removed[0].Name != c.want || removed[0].MaxAge >= 0 || removed[0].Value != "" || removed[0].Secure == c.insecure {
			t.Errorf("%s: Clear has set %v, want the cookie removed", c.name, removed)
		}
	}
}

// A renewal, as after Reauthenticate, keeps what the user has chosen at the log-in.
func TestRenewalKeepsRemember(t *testing.T) {
	s := scssession.New(scssession.NewManager(&scssession.Options{Store: newStore()}))
	b := newBrowser(t, s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := s.Current(r)
		if !ok {
			v = session("ada")
			v.Remember = r.FormValue("remember") != ""
		}
		v.Stamp += "2"
		if err := s.Set(w, r, v); err != nil {
			t.Errorf("Set returned %v, want nil", err)
		}
	})))
	for _, remember := range []string{"", "yes"} {
		clear(b.cookies)
		for range 3 {
			b.get("/?remember=" + remember)
			if got := b.cookies["__Host-session"].MaxAge > 0; got != (remember != "") {
				t.Errorf("remember=%s: the cookie stays: %t, want %t", remember, got, remember != "")
			}
		}
	}
}

// A manager of the application's own is used as it is.
func TestOwnManager(t *testing.T) {
	m := scs.New()
	m.Store, m.Lifetime, m.Cookie.Name = newStore(), time.Hour, "own"
	s := scssession.New(m)
	b := newBrowser(t, s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.Set(w, r, session("ada")); err != nil {
			t.Errorf("Set returned %v, want nil", err)
		}
	})))
	b.get("/")
	if c := b.cookies["own"]; c == nil || c.Secure || c.MaxAge < 3599 || c.MaxAge > 3601 {
		t.Errorf("got the cookie %v, want own, not Secure, with Max-Age 3600", c)
	}
}
