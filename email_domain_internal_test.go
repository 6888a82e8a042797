package signup

import "testing"

// A domain that isPlainDomain reports is the same after domainProfile. All short texts of
// these characters are tried, "xn--" and double hyphens among them.
func TestPlainDomain(t *testing.T) {
	const alphabet = "axn09-.AÄ"
	characters := []rune(alphabet)
	plain, others := 0, 0
	var try func(s string, more int)
	try = func(s string, more int) {
		if isPlainDomain(s) {
			plain++
			if ascii, err := domainProfile.ToASCII(s); ascii != s || err != nil {
				t.Errorf("isPlainDomain(%q) returned true, and ToASCII returned %q, %v; want the same domain", s, ascii, err)
			}
		} else {
			others++
		}
		if more > 0 {
			for _, c := range characters {
				try(s+string(c), more-1)
			}
		}
	}
	try("", 6)
	if plain < 10000 || others < 10000 {
		t.Errorf("%d plain domains and %d others, want more than 10,000 of each", plain, others)
	}
	for s, want := range map[string]bool{"example.org": true, "a-b.example.org": true, "xn--80ak6aa92e.com": false, "Example.org": false, "a_b.org": false, "": false} {
		if got := isPlainDomain(s); got != want {
			t.Errorf("isPlainDomain(%q) returned %t, want %t", s, got, want)
		}
	}
}
