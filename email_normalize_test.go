package signup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gosignup/signup"
	"golang.org/x/text/unicode/norm"
)

// checkNormalEmail checks what NormalizeEmail returns for s, whose canonical form
// is key.
func checkNormalEmail(t *testing.T, s, key string) {
	t.Helper()
	email, err := signup.NormalizeEmail(s)
	if err != nil {
		t.Fatalf("NormalizeEmail(%+q) returned %v, want nil as from CanonicalEmail", s, err)
	}
	if again, err := signup.NormalizeEmail(email); again != email || err != nil {
		t.Errorf("NormalizeEmail(%+q) = %+q, then %+q, %v; want the same address twice, nil", s, email, again, err)
	}
	if got, err := signup.CanonicalEmail(email); got != key || err != nil {
		t.Errorf("CanonicalEmail(%+q) = %+q, %v; want %+q, as for %+q, nil", email, got, err, key, s)
	}
	for _, spaced := range []string{" " + s, s + "\u00a0", "\t" + email + "\r\n"} {
		if got, err := signup.NormalizeEmail(spaced); got != email || err != nil {
			t.Errorf("NormalizeEmail(%+q) = %+q, %v; want %+q, nil", spaced, got, err, email)
		}
	}
	if i := strings.IndexFunc(email, isIgnored); i >= 0 {
		t.Errorf("NormalizeEmail(%+q) = %+q, want no invisible character, such as that at byte %d", s, email, i)
	}
	if len(email) > 254 || !utf8.ValidString(email) || !norm.NFC.IsNormalString(email) || strings.Count(email, "@") != 1 {
		t.Errorf("NormalizeEmail(%+q) = %+q of %d bytes, want at most 254 bytes in NFC with one @", s, email, len(email))
	}
}

// isIgnored reports whether r is white space or invisible. The zero-width joiners
// are left out: the two standards accept them where they change what is displayed.
func isIgnored(r rune) bool {
	return r != '\u200c' && r != '\u200d' && (unicode.IsSpace(r) || unicode.IsControl(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r))
}

func TestNormalizeEmail(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"Ada+Tag@Example.ORG", "Ada+Tag@Example.ORG", "as typed"},
		{" \u00a0Ada@example.org\u3000\r\n", "Ada@example.org", "white space around"},
		{"E\u0301mile@example.org", "\u00c9mile@example.org", "the local part in NFC"},
		{"\uff21da@example.org", "\uff21da@example.org", "but in its width, which is the server's to map"},
		{"A@B\u00fccher.Example", "A@b\u00fccher.example", "a domain beyond ASCII as it was checked"},
		{"a@bu\u0308cher.example", "a@b\u00fccher.example", "composed"},
		{"a@XN--bcher-kva.Example", "a@XN--bcher-kva.Example", "a domain in ASCII as typed"},
		{"a@b\u00fccher.XN--bcher-kva.example", "a@b\u00fccher.b\u00fccher.example", "the whole domain in one form"},
		{"a@\uff25\uff38ample.org", "a@example.org", "full-width letters"},
		{"a@example\u3002org", "a@example.org", "an ideographic full stop"},
		{"a@\u24d4xample\uff61org", "a@example.org", "a circled letter"},
		{"a@A\u1e9e.org", "a@a\u00df.org", "capital ß"},
		{"a@\u0130.org", "a@i\u0307.org", "I with a dot"},
		{"a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", "a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", "a joiner that Persian needs"},
	} {
		got, err := signup.NormalizeEmail(c.in)
		if got != c.want || err != nil {
			t.Errorf("NormalizeEmail(%+q) = %+q, %v; want %+q, nil (%s)", c.in, got, err, c.want, c.why)
			continue
		}
		key, err := signup.CanonicalEmail(c.in)
		if err != nil {
			t.Errorf("CanonicalEmail(%+q) returned %v, want nil", c.in, err)
		}
		checkNormalEmail(t, c.in, key)
	}
}

// Whatever a character becomes, mail goes to what was checked: no accepted address
// keeps or loses an invisible character.
func TestEmailRefusesEveryInvisibleCharacter(t *testing.T) {
	refused := 0
	for r := rune(0x80); r <= 0xe0fff; r++ {
		if r == 0x30000 {
			r = 0xe0000 // nothing but unassigned code points and other ideographs in between
		}
		if 0xd800 <= r && r < 0xe000 {
			continue
		}
		c := string(r)
		domain, err := signup.CanonicalEmail("a@a" + c + "b.org")
		if err == nil && domain == "a@ab.org" {
			t.Errorf("%U vanishes from a domain, want it refused", r)
		}
		if !isIgnored(r) || unicode.IsSpace(r) {
			continue
		}
		for _, s := range []string{"a" + c + "b@example.org", "a@a" + c + "b.org", c + "a@example.org", "a@example.org" + c} {
			refused++
			var e signup.FieldError
			if _, err := signup.CanonicalEmail(s); !errors.As(err, &e) || e.Code != signup.CodeAddressInvisible ||
				!strings.Contains(e.Message, fmt.Sprintf("an invisible character (%U)", r)) {
				t.Errorf("CanonicalEmail(%+q) returned %v, message %q; want one about the invisible character %U", s, err, e.Message, r)
			}
		}
	}
	if refused < 4000 {
		t.Errorf("looked at %d addresses with an invisible character, want 4000 at least", refused)
	}
}

func TestEmailRefusesJoinersThatJoinNothing(t *testing.T) {
	for _, s := range []string{"a\u200db@example.org", "ab\u200c@example.org", "a@a\u200db.org", "a@example\u200c.org", "ada@example.org\u200d"} {
		var e signup.FieldError
		if _, err := signup.CanonicalEmail(s); !errors.As(err, &e) || !strings.Contains(e.Message, "an invisible character (U+200") {
			t.Errorf("CanonicalEmail(%+q) returned %v, message %q; want one about the invisible character", s, err, e.Message)
		}
	}
}
