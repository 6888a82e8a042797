package browser

import (
	"crypto/rand"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// newAddress returns an address that no other test uses.
func newAddress() string {
	return "ada-" + strings.ToLower(rand.Text()[:10]) + "@example.org"
}

// A letter is a mail that has arrived.
type letter struct {
	storedMail
	links []string // different ones with a token, of both parts
}

var (
	linkForm = regexp.MustCompile(`http://localhost:[0-9]+/account/link\?token=[\w-]+`)
	codeForm = regexp.MustCompile(`\b[0-9A-Z]{4}[ -]?[0-9A-Z]{4}\b`)
)

// inbox returns the mails to an address, the newest first.
func inbox(t *testing.T, address string) []letter {
	t.Helper()
	stored, err := mails.to(address)
	if err != nil {
		t.Fatalf("reading mails: got the error %v, want nil", err)
	}
	var letters []letter
	for _, m := range stored {
		l := letter{storedMail: m}
		for _, part := range []string{m.Text, html.UnescapeString(m.HTML)} {
			for _, link := range linkForm.FindAllString(part, -1) {
				if !slices.Contains(l.links, link) {
					l.links = append(l.links, link)
				}
			}
		}
		letters = append(letters, l)
	}
	return letters
}

// link returns the link of the mail, which both parts must have.
func (l letter) link(t *testing.T) string {
	t.Helper()
	if len(l.links) != 1 || !strings.Contains(l.Text, l.links[0]) || !strings.Contains(html.UnescapeString(l.HTML), l.links[0]) {
		t.Fatalf("got a mail with %d links, want the same one in both parts", len(l.links))
	}
	return l.links[0]
}

// code returns the code of the mail.
func (l letter) code(t *testing.T) string {
	t.Helper()
	code := codeForm.FindString(l.Text)
	if code == "" {
		t.Fatal("got a mail without a code, want one")
	}
	return code
}
