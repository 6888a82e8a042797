package browser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// endDevice logs in with another browser, and ends that log-in from this one.
func (w *walk) endDevice() {
	w.t.Helper()
	phone := newTab(w.t, w.site, options{noScript: w.with.noScript, width: 360, userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"})
	phone.open("/account/log-in")
	phone.fillAll("email_address", w.inbox.address, "password", w.password)
	phone.post("log-in")
	phone.at("/account/profile")
	w.follow(`nav a[href$="/devices"]`)
	if !strings.Contains(w.text(), "iPhone") {
		w.t.Error("got a list of devices without the iPhone, want it listed")
	}
	w.look("devices")
	w.follow(`main button[name="device"]`)
	w.mustHave(".notice")
	w.look("device-ended")
	phone.checkLoggedOut("the end of the device")
	w.follow(`main button[name="others"]`)
	w.checkLoggedIn(w.inbox.address, "the end of all other sessions")
	w.open("/account/activity")
	w.look("activity")
}

// export downloads the data of the account.
func (w *walk) export() {
	w.t.Helper()
	dir := w.t.TempDir()
	on := true
	c := chromedp.FromContext(w.ctx)
	if _, err := cdp.Call(w.ctx, c.Browser, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: c.BrowserContextID, DownloadPath: dir, EventsEnabled: &on,
	}); err != nil {
		w.t.Fatal(err)
	}
	w.follow(`nav a[href$="/data"]`)
	w.look("data")
	w.follow(`main a[href$="/export"]`)
	w.look("export")
	w.click(`main form[action$="/export"] button`)
	var b []byte
	for deadline := time.Now().Add(patience); !json.Valid(b); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("got %d bytes in account.json after %v, want valid JSON", len(b), patience)
		}
		b, _ = os.ReadFile(filepath.Join(dir, "account.json"))
	}
	var data struct {
		Email string `json:"email_address"`
		Name  string `json:"first_name"`
	}
	if err := json.Unmarshal(b, &data); err != nil || data.Email != w.inbox.address || data.Name != "Augusta" {
		w.t.Errorf("got the data of %s, %s, and the error %v, want those of %s, Augusta, and nil", data.Email, data.Name, err, w.inbox.address)
	}
	w.open("/account/deactivate")
	w.look("deactivate")
}

func (w *walk) logOut() {
	w.t.Helper()
	w.follow(`header form[action$="/log-out"] button`)
	w.at("/account/log-in")
	w.mustHave(".notice")
	w.checkLoggedOut("the log-out")
}

// logInByMail logs in with the code of a mail, and then with the link of another one.
func (w *walk) logInByMail() {
	w.t.Helper()
	w.open("/account/log-out")
	w.look("log-out")
	w.logOut()
	w.askForLogIn("log-in-mail")
	w.look("log-in-code")
	w.fill("code", "00000000")
	w.post("log-in-code")
	w.mustHave(".errors")
	w.look("log-in-code-wrong")
	w.inbox.scanner = w.scan
	mail := w.inbox.next("a code", func(l letter) bool { return codeForm.MatchString(l.Text) })
	if w.scan != nil {
		w.scan(mail.link(w.t))
	}
	w.fill("code", strings.ToLower(mail.code(w.t)))
	w.post("log-in-code")
	w.at("/account/profile")
	w.logOut()

	w.askForLogIn("log-in-mail")
	w.openLink(w.inbox, "log-in-link")
	w.look("log-in-link")
	w.post("log-in-link")
	w.at("/account/profile")
}

// askForLogIn asks for a mail to log in.
func (w *walk) askForLogIn(state string) {
	w.t.Helper()
	w.open("/account/log-in")
	w.follow(`main a[href^="/account/log-in-mail"]`)
	w.look(state)
	w.fill("email_address", w.inbox.address)
	w.post("log-in-mail")
	w.at("/account/log-in-code")
}

// checkNothingLeaked reports a token, an address or a password where others may see it:
// in a Referer, in a URL except that of a mail's link, and in the log.
func (s *site) checkNothingLeaked(t *testing.T, tabs ...*tab) {
	t.Helper()
	for _, r := range s.requests() {
		if r.fetchSite == "" { // not of a browser
			continue
		}
		if r.referer != "" && r.referer != s.base+"/" {
			t.Errorf("%s %s got a Referer with a path, want none or the origin", r.method, strings.Split(r.url, "?")[0])
		}
		if path, query, _ := strings.Cut(r.url, "?"); path != "/account/link" && (strings.Contains(query, "token") || strings.Contains(query, "%40")) {
			t.Errorf("the URL of %s %s has a token or an address, want neither", r.method, path)
		}
	}
	for _, p := range tabs {
		p.mu.Lock()
		for _, r := range p.requests {
			if strings.Contains(r.referer, "token") || r.kind != network.ResourceTypeDocument && strings.Contains(r.document, "token=") {
				t.Error("a page with a token in its URL has sent a request, want none")
			}
			if !strings.HasPrefix(r.url, s.base+"/") && !strings.HasPrefix(r.url, "data:") && !strings.HasPrefix(r.url, "about:") {
				t.Errorf("a page has sent a request to another site, want all to %s", s.base)
			}
		}
		p.mu.Unlock()
	}
	for _, secret := range []string{"correct horse", "@example.org", "token="} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("got a log that contains %q, want one without it", secret)
		}
	}
}
