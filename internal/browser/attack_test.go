package browser

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
)

// TestCrossOriginPost has an attacker's page post forms while the user is logged in.
func TestCrossOriginPost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p, email := loggedIn(t, s, options{})
	a := startAttacker(t, "")
	evil := p.another()
	evil.with.attack = true
	for _, attack := range crossOriginPosts {
		a.page = form(s.base+attack[0], attack[1:]...)
		for _, origin := range a.origins() {
			evil.open(origin)
			evil.follow("#go")
			s.checkRefused(t, attack[0])
		}
		// Without an origin, as a form in a sandbox has none.
		a.page = `<iframe sandbox="allow-forms allow-scripts" srcdoc="` + strings.ReplaceAll(a.page, `"`, "&quot;") +
			`&lt;script>document.forms[0].submit()&lt;/script>"></iframe>`
		before := s.count("POST", attack[0])
		evil.open(a.URL)
		s.await(t, "POST", attack[0], before+1)
		s.checkRefused(t, attack[0])
		p.checkLoggedIn(email, "a post from another site to "+attack[0])
	}
	u, err := s.accounts.Store.Get(t.Context(), email)
	if err != nil || !u.Active || !u.CheckPassword(password) || u.FirstName != "Ada" {
		t.Errorf("got a changed user (error %v), want the same as before", err)
	}
}

// crossOriginPosts has the paths and fields of forms that change something.
var crossOriginPosts = [][]string{
	{"/account/log-out"},
	{"/account/log-in", "email_address", "eve@example.org", "password", password},
	{"/account/profile", "first_name", "Eve"},
	{"/account/password", "password", password, "new_password", newPassword},
	{"/account/email", "email_address", "eve@example.org"},
	{"/account/devices", "others", "yes"},
	{"/account/deactivate", "sure", "yes", "password", password},
	{"/account/delete", "sure", "yes", "password", password},
	{"/account/sign-up", "email_address", "eve@example.org"},
	{"/account/forgot", "email_address", "eve@example.org"},
}

// checkRefused reports if the last post to path wasn't refused.
func (s *site) checkRefused(t *testing.T, path string) {
	t.Helper()
	var last seenRequest
	for _, r := range s.requests() {
		if r.method == http.MethodPost && r.url == path {
			last = r
		}
	}
	if last.status != http.StatusForbidden {
		t.Errorf("a post to %s with Sec-Fetch-Site %s got the status %d, want 403", path, last.fetchSite, last.status)
	}
}

// TestSessionFixation plants a session token that the attacker knows before the log-in.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	eve, _ := loggedIn(t, s, options{})
	own := eve.sessionToken()
	for name, token := range map[string]string{"an unused token": "EVESOWNTOKEN", "a token of the attacker's session": own} {
		email := s.addUser(t)
		p := newTab(t, s, options{})
		a := startAttacker(t, `<script>document.cookie = "`+sessionCookie+`=`+token+`; path=/"</script>`)
		p.open(a.origins()[1]) // cookies don't depend on the port
		if got := p.sessionToken(); got != token {
			t.Fatal("the attack doesn't work: got another session token, want the planted one")
		}
		p.open("/account/log-out")
		p.open("/account/log-in")
		if p.has(`main [name="password"]`) {
			p.logIn(email)
		}
		if p.sessionToken() == token && token != own {
			t.Errorf("with %s, the token is the same after the log-in, want a new one", name)
		}
		thief := newTab(t, s, options{})
		thief.open("/")
		thief.plant(token)
		thief.open("/orders")
		if strings.Contains(thief.text(), email) {
			t.Errorf("with %s, got the attacker logged in as the user, want a page without the user's address", name)
		}
	}
}

// sessionToken returns the value of the session cookie, or "".
func (p *tab) sessionToken() string {
	p.t.Helper()
	for _, c := range call(p, network.GetCookies, network.GetCookiesParams{URLs: []string{p.site.base}}).Cookies {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	return ""
}

// plant sets the session cookie.
func (p *tab) plant(token string) {
	p.t.Helper()
	call(p, network.SetCookie, network.SetCookieParams{Name: sessionCookie, Value: token, URL: p.site.base, Path: "/"})
}

// TestClickjacking puts pages into frames of another site.
func TestClickjacking(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p, _ := loggedIn(t, s, options{attack: true})
	a := startAttacker(t, "")
	for path, framed := range map[string]bool{"/": true, "/account/log-out": false, "/account/profile": false, "/account/delete": false, "/account/nothing": false} {
		a.page = `<iframe src="` + s.base + path + `"></iframe>`
		p.open(a.origins()[1])
		frames := call(p, page.GetFrameTree, cdp.Empty{}).FrameTree.ChildFrames
		if len(frames) != 1 {
			t.Fatalf("got %d frames, want 1", len(frames))
		}
		if got := frames[0].Frame.URL == s.base+path; got != framed {
			t.Errorf("%s is shown in a frame of another site: %t, want %t", path, got, framed)
		}
	}
}

// TestBackAfterLogOut goes back to private pages. The browser may show one from its
// memory, until script.js has loaded it again.
func TestBackAfterLogOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p, email := loggedIn(t, s, options{})
	p.open("/orders")
	p.open("/account/profile")
	p.follow(`header form[action$="/log-out"] button`)
	p.checkProblems()
	for range 3 {
		p.goBack()
		p.wait("page without anything private", ready+" && !document.body.innerText.includes(%s)", email)
	}
	p.checkLoggedOut("the log-out")
}

// goBack goes back in the history. The page may come from the browser's memory, without
// being loaded.
func (p *tab) goBack() {
	p.t.Helper()
	history := call(p, page.GetNavigationHistory, cdp.Empty{})
	to := history.Entries[history.CurrentIndex-1]
	call(p, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: to.ID})
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if now := call(p, page.GetNavigationHistory, cdp.Empty{}); now.CurrentIndex < history.CurrentIndex {
			break
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("going back: got the same page after %v, want the one before", patience)
		}
	}
	p.wait("page", ready)
}

// TestOpenRedirect has links of an attacker name another site as the page to go back to.
func TestOpenRedirect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	email := s.addUser(t)
	a := startAttacker(t, "")
	host := strings.TrimPrefix(a.URL, "http:")
	for _, next := range []string{a.URL, host, `/\` + host[2:], "/\t" + host, `\` + host, "/account/" + a.URL, "javascript:location=" + a.URL, s.base + "@" + host[2:]} {
		p := newTab(t, s, options{})
		p.open("/account/log-in?" + url.Values{"next": {next}}.Encode())
		p.fillAll("email_address", email, "password", password)
		p.post("log-in")
		if got := eval[string](p, "location.origin"); got != s.base {
			t.Errorf("with %q as the page to go back to, the log-in leads to %s, want %s", next, got, s.base)
		}
	}
}
