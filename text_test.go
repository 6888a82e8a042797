package signup_test

import (
	"errors"
	"testing"

	"github.com/gosignup/signup"
)

// blanks are runs of characters that leave no ink, from the names and the chapters of the
// Unicode Standard.
var blanks = []struct {
	name        string
	first, last rune
	otherwise   bool // an address has another reason to refuse them
}{
	{"controls", 0x80, 0x84, true},
	{"no-break space", 0xa0, 0xa0, true},
	{"soft hyphen", 0xad, 0xad, false},
	{"combining grapheme joiner", 0x34f, 0x34f, false},
	{"Arabic letter mark", 0x61c, 0x61c, false},
	{"Hangul initial and medial filler", 0x115f, 0x1160, false},
	{"Khmer inherent vowels", 0x17b4, 0x17b5, false},
	{"Mongolian selectors and vowel separator", 0x180b, 0x180f, false},
	{"fixed spaces", 0x2000, 0x200a, true},
	{"zero-width space", 0x200b, 0x200b, false},
	{"joiners", 0x200c, 0x200d, false},
	{"direction marks", 0x200e, 0x200f, false},
	{"line and paragraph separators", 0x2028, 0x2029, false},
	{"word joiner and invisible operators", 0x2060, 0x2064, false},
	{"unassigned, to be ignored", 0x2065, 0x2065, false},
	{"former format characters", 0x206a, 0x206f, false},
	{"Braille pattern blank", 0x2800, 0x2800, false},
	{"ideographic space", 0x3000, 0x3000, true},
	{"Hangul filler", 0x3164, 0x3164, false},
	{"variation selectors", 0xfe00, 0xfe0f, false},
	{"byte order mark", 0xfeff, 0xfeff, false},
	{"half-width Hangul filler", 0xffa0, 0xffa0, false},
	{"unassigned, to be ignored", 0xfff0, 0xfff8, false},
	{"annotation characters", 0xfff9, 0xfffb, false},
	{"Egyptian hieroglyph joiners", 0x13430, 0x1343f, false},
	{"Egyptian hieroglyph mirror, full blank and half blank", 0x13440, 0x13442, false},
	{"Khitan small script filler", 0x16fe4, 0x16fe4, false},
	{"Duployan thick letter selector", 0x1bc9d, 0x1bc9d, false},
	{"shorthand format controls", 0x1bca0, 0x1bca3, false},
	{"musical null notehead", 0x1d159, 0x1d159, false},
	{"musical format characters", 0x1d173, 0x1d17a, false},
	{"SignWriting fill modifiers", 0x1da9b, 0x1da9f, false},
	{"SignWriting rotation modifiers", 0x1daa1, 0x1daaf, false},
	{"tags", 0xe0001, 0xe007f, false},
	{"variation selectors supplement", 0xe0100, 0xe01ef, false},
}

// A name or a required field of such a character alone counts as empty, and an address
// never has one.
func TestBlankCharacters(t *testing.T) {
	company := []signup.ProfileField{{Name: "company", Required: true}}
	for _, b := range blanks {
		for r := b.first; r <= b.last; r++ {
			c := string(r)
			// White space around a name is trimmed, so that it is empty.
			if u, err := registerText(t, company[:0], signup.Registration{FirstName: c}); err == nil && u.FirstName != "" || err != nil && !errors.Is(err, signup.ErrInvalid) {
				t.Errorf("%s: Register with the name %U returned the name %+q and %v, want it refused or empty", b.name, r, u.FirstName, err)
			}
			for _, value := range []string{c, c + c, " " + c} {
				_, err := registerText(t, company, signup.Registration{Profile: map[string]string{"company": value}})
				if err == nil || err.Error() != "signup: invalid company: required" {
					t.Errorf("%s: Register with company %+q returned %v, want company: required", b.name, value, err)
				}
			}
			for _, s := range []string{"a" + c + "b@example.org", "a@a" + c + "b.org"} {
				var e signup.FieldError
				_, err := signup.CanonicalEmail(s)
				if !errors.As(err, &e) || !b.otherwise && e.Code != signup.CodeAddressInvisible {
					t.Errorf("%s: CanonicalEmail(%+q) returned %v with the code %q, want %q", b.name, s, err, e.Code, signup.CodeAddressInvisible)
				}
			}
		}
	}
}

// Characters that look like these, or are near them, leave ink.
func TestInkedCharacters(t *testing.T) {
	company := []signup.ProfileField{{Name: "company", Required: true}}
	for _, c := range []struct{ name, text string }{
		{"Braille dot", "\u2801"},
		{"symbol for space", "\u2420"},
		{"blank symbol", "\u2422"},
		{"ideographic half fill space", "\u303f"},
		{"Hangul", "\u1100\u1161"},
		{"Hangul letter", "\u3131"},
		{"half-width Hangul letter", "\uffa1"},
		{"Khmer", "\u1780\u17d2\u1780"},
		{"Burmese", "\u1019\u1039\u1019"},
		{"Mongolian todo soft hyphen", "\u1806"},
		{"Mongolian letter with a selector", "\u1820\u180b"},
		{"Devanagari gap filler", "\ua8f9"},
		{"Arabic number sign", "\u0600"},
		{"Syriac abbreviation mark", "\u070f"},
		{"combining acute", "\u0301"},
		{"heart with a selector", "\u2764\ufe0f"},
		{"last hieroglyph of the first block", "\U0001342f"},
		{"lost sign, which is hatched", "\U00013443"},
		{"hieroglyph, mirrored, and a blank", "\U00013000\U00013440\U00013441"},
		{"Khitan character", "\U00018b00"},
		{"old Chinese iteration mark", "\U00016fe3"},
		{"Duployan letter", "\U0001bc00"},
		{"musical void notehead", "\U0001d157"},
		{"musical black notehead", "\U0001d158"},
		{"SignWriting hand with a rotation", "\U0001d800\U0001daa1"},
		{"flag of tags", "\U0001f3f4\U000e0067\U000e007f"},
	} {
		u, err := registerText(t, company, signup.Registration{FirstName: c.text, Profile: map[string]string{"company": c.text}})
		if err != nil || u.FirstName != c.text || u.Profile["company"] != c.text {
			t.Errorf("%s: Register with %+q returned %+q, %+q and %v; want it twice and nil", c.name, c.text, u.FirstName, u.Profile["company"], err)
		}
	}
	for _, s := range []string{"a\u1780\u17d2\u1780@example.org", "a@\u1019\u1039\u1019.example.org", "\U00013000@example.org", "a@\U00018b00.org"} {
		if _, err := signup.CanonicalEmail(s); err != nil {
			t.Errorf("CanonicalEmail(%+q) returned %v, want nil", s, err)
		}
	}
}
