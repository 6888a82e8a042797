package pages_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/gosignup/signup"
)

// items returns the texts of the list of a page.
func (s *screen) items() (items []string) {
	for _, ul := range all(s.doc, "ul") {
		if attr(ul, "class") == "list" {
			for _, li := range all(ul, "li") {
				items = append(items, text(li))
			}
		}
	}
	return items
}

func TestDevices(t *testing.T) {
	site, b := adaAndBrowser(t)
	phone := site.visitor()
	phone.header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1")
	site.logInAt(phone, phone.page("log-in"), adaEmail)

	s := b.page("devices").checkOK("Devices")
	items := s.items()
	if len(items) != 2 || !strings.HasPrefix(items[0], "Safari on iPhone") || !strings.HasPrefix(items[1], "Firefox on Linux – this device") {
		t.Fatalf("the page lists %q, want the iPhone, then this device", items)
	}
	if strings.Contains(items[0], "this device") || strings.Contains(items[1], "Log out device") {
		t.Errorf("the page lists %q, want a mark at this device and a button at the other one", items)
	}
	session, _ := site.session(b)
	infos, err := site.accounts.Devices(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, d := range infos {
		want = append(want, d.FirstLogIn.Format("2006-01-02T15:04:05Z"), d.LastLogIn.Format("2006-01-02T15:04:05Z"))
	}
	for _, n := range all(s.doc, "time") {
		got = append(got, attr(n, "datetime"))
		if !strings.HasSuffix(text(n), " UTC") {
			t.Errorf("the page shows the time %q, want it in UTC", text(n))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page has the times %q, want %q", got, want)
	}

	s = b.press(s, "Log out device", nil).checkAt("/account/devices?done=device_ended").checkNotice("The device has been logged out.")
	if items := s.items(); len(items) != 1 || !strings.Contains(items[0], "this device") {
		t.Errorf("the page lists %q, want only this device", items)
	}
	site.goesOn(b, true)
	site.goesOn(phone, false)
	phone.page("devices").checkAt("/account/log-in?next=%2Faccount%2Fdevices")
}

func TestDevicesEndOthers(t *testing.T) {
	site, b := adaAndBrowser(t)
	one, two := site.member(adaEmail), site.member(adaEmail)
	token := b.cookie("session")
	s := b.press(b.page("devices"), "Log out all other devices", nil)
	s.checkAt("/account/devices?done=others_ended").checkNotice("All other devices have been logged out.")
	site.goesOn(b, true)
	site.goesOn(one, false)
	site.goesOn(two, false)
	if len(s.items()) != 1 {
		t.Errorf("the page lists %q, want only this device", s.items())
	}
	if b.cookie("session") == token {
		t.Errorf("the browser has the session token of before, want a new one")
	}
}

func TestDevicesOfAnotherUser(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.register("eve@example.org")
	eve := site.member("eve@example.org")
	session, _ := site.session(b)
	before := site.user(adaEmail)
	for _, device := range []string{session.Device, "", "x", "../" + session.Device, session.Device + "\x00"} {
		eve.post("/account/devices", url.Values{"device": {device}}).checkOK("Devices")
	}
	site.goesOn(b, true)
	site.goesOn(eve, true)
	if !site.user(adaEmail).Equal(before) {
		t.Errorf("another user's form has changed the user, want nothing changed")
	}
}

// The ID of this device ends the session here, as a log-out does.
func TestDevicesEndThis(t *testing.T) {
	site, b := adaAndBrowser(t)
	session, _ := site.session(b)
	b.post("/account/devices", url.Values{"device": {session.Device}}).checkNotice("You have logged out.")
	if n := len(site.sessions.all()); n > 0 {
		t.Errorf("there are %d sessions, want none", n)
	}
}

func TestDevicesHostileLabels(t *testing.T) {
	site, b := adaAndBrowser(t)
	labels := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</strong></li></ul><h1>x</h1>`, `{{.Site}}{site}{value}`, "\u202etxet"}
	for _, label := range labels {
		if _, err := site.accounts.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{Label: label}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := site.accounts.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"devices", "activity"} {
		s := b.page(page) // checks that no script or attribute is in the page
		s.checkShown(labels[:4]...)
		if strings.Contains(s.body, "\u202e") {
			t.Errorf("%s has a character that changes the direction, want it removed", page)
		}
	}
	b.page("devices").checkShown("Unknown device")
}

func TestDevicesInGerman(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.member(adaEmail)
	b.header.Set("Accept-Language", "de")
	s := b.page("devices").checkOK("Geräte")
	if items := s.items(); len(items) != 2 || !strings.Contains(items[1], "dieses Gerät") || !strings.Contains(items[0], "Letzte Anmeldung:") {
		t.Errorf("the page lists %q, want it in German", items)
	}
	s = b.press(s, "Gerät abmelden", nil).checkNotice("Das Gerät wurde abgemeldet.")
	b.press(s, "Alle anderen Geräte abmelden", nil).checkNotice("Alle anderen Geräte wurden abgemeldet.")
}

// Each button says which device it is for, also to a screen reader.
func TestDevicesButtons(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.member(adaEmail)
	site.member(adaEmail)
	s := b.page("devices")
	var described []*html.Node
	for _, n := range all(s.doc, "button") {
		if id := attr(n, "aria-describedby"); id != "" {
			described = append(described, s.byID(id))
		}
	}
	if len(described) != 2 || described[0] == nil || described[1] == nil || described[0] == described[1] {
		t.Errorf("the buttons refer to %v, want each to its own device", described)
	}
}
