package signup

import (
	"strings"
	"testing"
)

// unitOf finds what a plain search finds, in every text of two letters.
func TestUnitOf(t *testing.T) {
	plain := func(text string) string {
		for period := 1; 2*period <= len(text); period++ {
			if strings.HasPrefix(strings.Repeat(text[:period], len(text)), text) {
				return text[:period]
			}
		}
		return ""
	}
	for length := range 15 {
		for bits := range 1 << length {
			text := make([]byte, length)
			for i := range text {
				text[i] = 'a' + byte(bits>>i&1)
			}
			if got, want := unitOf(string(text)), plain(string(text)); got != want {
				t.Fatalf("unitOf(%q) returned %q, want %q", text, got, want)
			}
		}
	}
	for text, want := range map[string]string{"äöäöä": "äö", "äö": "", "ää": "ä", "\U0001d11e\U0001d11e": "\U0001d11e", "é\u0301é\u0301": "é\u0301"} {
		if got := unitOf(text); got != want {
			t.Errorf("unitOf(%q) returned %q, want %q", text, got, want)
		}
	}
}

// canConsistOf refuses no password that isOwn or isMadeOf recognizes.
func TestCanConsistOf(t *testing.T) {
	for _, u := range []User{
		{Email: "ada.lovelace@example.org", FirstName: "Ada", LastName: "Lovelace"},
		{Email: "\u212aim@example.org"}, // the sign for kelvin, which is a k when folded
		{Email: "kim@example.org", FirstName: "\u212aim"},
		{Email: "straße@example.org", LastName: "Straße"},
		{Email: "12345678@example.org"},
	} {
		texts := []string{u.Email, u.Key(), u.FirstName, u.LastName}
		for _, own := range append(ownTexts(u), u.FirstName+" "+u.LastName) {
			for _, password := range []string{fold(own), fold("1" + own + "!"), fold(own + own), fold(own + "\u2014" + own)} {
				if (isOwn(password, u) || isMadeOf(password, ownTexts(u))) && !canConsistOf(password, texts...) {
					t.Errorf("canConsistOf(%q, %q) returned false, want true: it is made of them", password, texts)
				}
			}
		}
	}
	if canConsistOf("correct horse battery staple", "ada@example.org", "Ada") {
		t.Error("canConsistOf returned true for a password with other letters, want false")
	}
}
