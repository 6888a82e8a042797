package browser

import (
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"
)

// A mailbox is a person's, at one address.
type mailbox struct {
	t       *testing.T
	address string
	read    map[string]bool // IDs of mails
	// scanner, if set, gets each link before the person does.
	scanner func(link string)
}

func newMailbox(t *testing.T, address string) *mailbox {
	return &mailbox{t: t, address: address, read: make(map[string]bool)}
}

// next waits for a mail that hasn't been read and is wanted, and returns it. All mails
// that have arrived by then count as read.
func (m *mailbox) next(what string, wanted func(letter) bool) letter {
	m.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		letters := inbox(m.t, m.address)
		for _, l := range letters {
			if m.read[l.ID] || !wanted(l) {
				continue
			}
			for _, l := range letters {
				m.read[l.ID] = true
			}
			return l
		}
	}
	m.t.Fatalf("got no new mail within %v, want one with %s", patience, what)
	return letter{}
}

// link returns the link of the next mail that has one.
func (m *mailbox) link() string {
	m.t.Helper()
	link := m.next("a link", func(l letter) bool { return len(l.links) > 0 }).link(m.t)
	if m.scanner != nil {
		m.scanner(link)
	}
	return link
}

// notice waits for the next mail without a link.
func (m *mailbox) notice() letter {
	m.t.Helper()
	return m.next("a notice", func(l letter) bool { return len(l.links) == 0 })
}

// scan returns a function that opens a link as programs do that search mails for malware:
// several times, by GET and HEAD, with and without cookies, and in a browser that loads
// all that belongs to the page.
func scan(t *testing.T, s *site) func(link string) {
	return func(link string) {
		t.Helper()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, client := range []*http.Client{{Jar: jar}, {}} {
			for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodGet, http.MethodHead} {
				req, err := http.NewRequestWithContext(t.Context(), method, link, nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := client.Do(req)
				if err != nil {
					t.Fatalf("a scanner's %s of a link: got the error %v, want nil", method, err)
				}
				_ = res.Body.Close()
				if client.Jar != nil && res.StatusCode != http.StatusOK {
					t.Errorf("a scanner's %s of a link got the status %d, want 200", method, res.StatusCode)
				}
			}
		}
		p := newTab(t, s, options{})
		p.open(link)
		for _, url := range eval[[]string](p, `[...document.querySelectorAll("main a")].map(a => a.href)`) {
			p.open(url)
		}
	}
}
