package signup_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/gosignup/signup"
	"golang.org/x/text/unicode/norm"
)

func TestCanonicalEmail(t *testing.T) {
	const (
		label61 = "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		local64 = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	)
	longest := local64 + "@" + label61 + "." + label61 + "." + label61 + ".org"
	if len(longest) != 254 {
		t.Fatalf("the longest address has %d bytes, want 254", len(longest))
	}
	for _, c := range []struct{ in, want, why string }{
		{"test@abc.com", "test@abc.com", ""},
		{"Test.User@ABC.Com", "test.user@abc.com", "letter case doesn't make another account"},
		{"a+tag@abc.com", "a+tag@abc.com", "tags are kept"},
		{"a.b.c@abc.com", "a.b.c@abc.com", "dots are kept"},
		{"!#$%&'*+-/=?^_`{|}~@abc.com", "!#$%&'*+-/=?^_`{|}~@abc.com", "all of RFC 5321's atext"},
		{"a@b.co", "a@b.co", ""},
		{"a@a-b.c0", "a@a-b.c0", ""},
		{longest, longest, "254 bytes"},
		{"ünï@abc.com", "ünï@abc.com", "RFC 6531"},
		{"U\u0308NI\u0308@abc.com", "ünï@abc.com", "NFD is NFC"},
		{"ａｄａ@abc.com", "ada@abc.com", "full width is mapped (RFC 8265)"},
		{"ada@ＡＢＣ.com", "ada@abc.com", "full width is mapped (UTS 46)"},
		{"ada@abc。com", "ada@abc.com", "an ideographic full stop separates labels (UTS 46)"},
		{"ada@Bücher.example", "ada@xn--bcher-kva.example", "IDNA"},
		{"ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example", "IDNA"},
		{"ada@faß.example", "ada@xn--fa-hia.example", "non-transitional: not fass.example"},
		{"\u212Aelvin@abc.com", "kelvin@abc.com", "the Kelvin sign is a K"},
		{"ΑΣ@abc.com", "ασ@abc.com", "lower case, without the rule of final sigma"},
		{"ας@abc.com", "ας@abc.com", "which therefore is another address"},

		{"", "", "empty"},
		{"nobody", "", "no @"},
		{"@abc.com", "", "no local part"},
		{"a@", "", "no domain"},
		{"a@b.c@d.org", "", "two @"},
		{" a@abc.com", "a@abc.com", "white space around"},
		{"a@abc.com ", "a@abc.com", "white space around"},
		{"\u00a0\u3000\t\na@abc.com\r\n\u2003\u2029", "a@abc.com", "white space around"},
		{" \u3000", "", "white space alone"},
		{"a b@abc.com", "", "space"},
		{"a@abc.com\r\nBcc: x@abc.com", "", "a header injected"},
		{"a\x00@abc.com", "", "NUL"},
		{"a\x7f@abc.com", "", "DEL"},
		{".a@abc.com", "", "no Dot-string"},
		{"a.@abc.com", "", "no Dot-string"},
		{"a..b@abc.com", "", "no Dot-string"},
		{`"a b"@abc.com`, "", "quoted local part"},
		{"a(comment)@abc.com", "", "comment"},
		{"Ada <a@abc.com>", "", "display name"},
		{"a,b@abc.com", "", "list"},
		{"a@[127.0.0.1]", "", "address literal"},
		{"a@127.0.0.1", "", "IPv4 address"},
		{"a@localhost", "", "not fully qualified"},
		{"a@abc.com.", "", "trailing dot"},
		{"a@.abc.com", "", "empty label"},
		{"a@abc..com", "", "empty label"},
		{"a@abc.\u00ad.com", "", "a label of a soft hyphen only is empty"},
		{"a@-abc.com", "", "hyphen first"},
		{"a@abc-.com", "", "hyphen last"},
		{"a@a_b.com", "", "underscore"},
		{"a@ab/c.com", "", "slash"},
		{"a@" + strings.Repeat("d", 64) + ".com", "", "label of 64 bytes"},
		{"x" + local64 + "@abc.com", "", "local part of 65 bytes"},
		{"x" + longest, "", "255 bytes"},
		{strings.Repeat("x", 600) + "@abc.com", "", "600 bytes"},
		{"a\xff@abc.com", "", "not UTF-8"},
		{"a@abc\xff.com", "", "not UTF-8"},
		{"\u017Fam@abc.com", "", "long s is disallowed by PRECIS"},
		{"a\u200bb@abc.com", "", "zero-width space"},
		{"a\u202eb@abc.com", "", "right-to-left override"},
		{"a@xn--a.com", "", "Punycode that isn't"},
	} {
		got, err := signup.CanonicalEmail(c.in)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("CanonicalEmail(%q) = %q, %v; want %q (%s)", c.in, got, err, c.want, c.why)
		}
		if err != nil && !errors.Is(err, signup.ErrInvalid) {
			t.Errorf("CanonicalEmail(%q) returned %v, want ErrInvalid", c.in, err)
		}
		if key := (signup.User{Email: c.in}).Key(); key != c.want {
			t.Errorf("Key of %q is %q, want %q", c.in, key, c.want)
		}
	}
}

func FuzzCanonicalEmail(f *testing.F) {
	for _, s := range []string{
		"test@abc.com", "Ünï@Bücher.example", "a@1.2.3.4", "a@b..c", "\u212a@abc.com", "ς.Σ@ς.gr", "a@\u2135.org",
		"ａ@ｂ．ｃｏ", "a@xn--bcher-kva.example", "\u05d0@\u05d0.il", "ı@i.tr", "a@\u00ad.de",
		"a@\u03c2\u0345\u0302.gr", // in another order than NFC's
		" a@abc.com\u00a0", "a@abc.com\u200b", "a@ab\u00adc.com", "a@b\u1e9e.org", "a@b\u00df.org",
		"e\u0301@bu\u0308cher\u3002example", "\u0915\u094d\u200d\u0937@\u0628\u200c\u0628.example", "a@xn--.org", "\u2028", "a@b\u034fc.org",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, err := signup.CanonicalEmail(s)
		if err != nil {
			if key != "" || !errors.Is(err, signup.ErrInvalid) {
				t.Fatalf("CanonicalEmail returned %q, %v; want no key, ErrInvalid", key, err)
			}
			return
		}
		if again, err := signup.CanonicalEmail(key); again != key || err != nil {
			t.Errorf("%q becomes %q, then %q, %v; want the same key twice, nil", s, key, again, err)
		}
		checkNormalEmail(t, s, key)
		if len(key) > 254 || strings.ContainsFunc(key, unicode.IsControl) || strings.Count(key, "@") != 1 {
			t.Errorf("%q becomes %q of %d bytes, want at most 254 bytes, one @ and no control character", s, key, len(key))
		}
		// These are as long; the other forms may be too long for an address.
		upper := strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}, s)
		if other, err := signup.CanonicalEmail(upper); other != key || err != nil {
			t.Errorf("%q and %q become %q and %q, %v; want the same key, nil", s, upper, key, other, err)
		}
		for _, same := range []string{norm.NFC.String(s), norm.NFD.String(s)} {
			if other, err := signup.CanonicalEmail(same); err == nil && other != key {
				t.Errorf("%q and %q become %q and %q, want the same key", s, same, key, other)
			}
		}
	})
}
