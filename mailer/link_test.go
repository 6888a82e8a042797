package mailer_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/pages"
)

// loggedOut has no sessions.
type loggedOut struct{ signup.Sessions }

func (loggedOut) Current(*http.Request) (signup.Session, bool) { return signup.Session{}, false }

var urlIn = regexp.MustCompile(`\n(https://\S+)\n`)

// TestLinksOfNotices follows the link of each notice without a token to its page.
func TestLinksOfNotices(t *testing.T) {
	b := &buffer{}
	m := start(t, options(mailer.Print(b)))
	a := &signup.Accounts{
		Store: memstore.New(), Send: m.Send,
		Secrets: []signup.Secret{signup.NewSecret([]byte("a secret of thirty-two bytes, or more"))},
	}
	handler := pages.New(a, loggedOut{}, &pages.Options{Name: site, BaseURL: baseURL})
	links := 0
	for _, c := range contents {
		if c.page != "" {
			c.mail.To, c.mail.User = adaMail, ada()
			m.send(t, c.mail)
			links++
		}
	}
	m.drain(t)
	found := urlIn.FindAllStringSubmatch(b.String(), -1)
	if len(found) != links {
		t.Fatalf("got %d links, want %d", len(found), links)
	}
	for _, f := range found {
		u, err := url.Parse(f[1])
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, u.Path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("GET %s has the status %d, want 200", u.Path, w.Code)
		}
	}
}
