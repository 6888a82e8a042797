package signup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// A refusal says which part is wrong, to the person in the message and to programs
// in the code, and its error text doesn't repeat the address.
func TestEmailFlaws(t *testing.T) {
	r := strings.Repeat
	const (
		before = "before the '@'"
		domain = "omain"
		invis  = "invisible character"
	)
	for _, c := range []struct{ in, code, part string }{
		{"", "required", "is required"},
		{" \t\u3000", "required", "is required"},
		{"\u200b\ufeff", "required", "is required"},
		{r("x", 65) + "@example.org", "local_part_too_long", before},
		{r("x", 70) + "@example.org", "local_part_too_long", before},
		{r("\u00fc", 33) + "@example.org", "local_part_too_long", before},
		{r("\u0130", 22) + "@example.org", "local_part_too_long", before},
		{r("\u0958", 11) + "@example.org", "local_part_too_long", before},
		{"a@" + r("d", 64) + ".org", "label_too_long", "part of the domain"},
		{"a@" + r("\u00fc", 60) + ".org", "label_too_long", "part of the domain"},
		{"a@" + r(r("d", 60)+".", 4) + "d" + r("d", 9) + ".org", "domain_too_long", "domain of 'email_address' must be at most 253"},
		{"abc@" + r(r("d", 60)+".", 4) + "ddd.org", "too_many_bytes", "'email_address' must be at most 254"},
		{r("x", 600) + "@example.org", "local_part_too_long", before},
		{r("x", 5000) + "@example.org", "too_many_bytes", "'email_address' must be at most 254"},
		{"a\xff@example.org", "not_utf8", "UTF-8"},
		{"ada", "invalid", "' is not valid 'email_address'."},
		{"@example.org", "local_part_empty", "nothing " + before},
		{"ada@", "domain_empty", "nothing after the '@'"},
		{".ada@example.org", "local_part_dots", before + " must not begin or end with a dot"},
		{"ada.@docomo.ne.jp", "local_part_dots", before + " must not begin or end with a dot"},
		{"a..b@docomo.ne.jp", "local_part_dots", "two dots in a row"},
		{"a\uff0e\uff0eb@example.org", "local_part_dots", "two dots in a row"},
		{`"ada"@example.org`, "local_part_quotes", "quotation marks"},
		{`"a@b"@example.org`, "local_part_quotes", "quotation marks"},
		{`a\@b@example.org`, "local_part_quotes", "backslashes"},
		{"a b@example.org", "local_part_spaces", before + " must not have spaces"},
		{"a\u00a0b@example.org", "local_part_spaces", before + " must not have spaces"},
		{"ada @example.org", "local_part_spaces", before + " must not have spaces"},
		{"ada@ example.org", "domain_spaces", domain + " must not have spaces"},
		{"a@exam\u3000ple.org", "domain_spaces", domain + " must not have spaces"},
		{"a:b@example.org", "local_part_characters", before + " has a character"},
		{"\u017fam@example.org", "local_part_characters", before + " has a character"},
		{"ada(work)@example.org", "address_comment", "Comments"},
		{"ada@example.org(work)", "address_comment", "Comments"},
		{"Ada <ada@example.org>", "address_brackets", "angle brackets"},
		{"ada@example.org,bob@example.org", "address_list", "one address"},
		{"ada@example.org;", "address_list", "one address"},
		{"ada@[192.0.2.1]", "domain_literal", "not an IP address"},
		{"ada@[IPv6:2001:db8::1]", "domain_literal", "not an IP address"},
		{"ada@192.0.2.1", "domain_number", domain + " must not be an IP address"},
		{"ada@3221225985", "domain_number", domain + " must not be an IP address"},
		{"ada@example.123", "domain_number", "end with a number"},
		{"ada@localhost", "domain_incomplete", domain + " must be complete"},
		{"ada@example.c", "invalid", "' is not valid 'email_address'."},
		{"ada@b.example@example.org", "invalid", "' is not valid 'email_address'."},
		{"ada@example.org.", "domain_dots", domain + " must not begin or end with a dot"},
		{"ada@example..org", "domain_dots", domain + " must not begin or end with a dot, or have two dots in a row"},
		{"ada@-abc.com", "domain_hyphens", "begin or end with a hyphen"},
		{"ada@a_b.com", "domain_underscores", "underscores"},
		{"ada@a/b.com", "domain_invalid", domain + " is not a domain name"},
		{"ada@ab--cd.org", "domain_invalid", domain + " is not a domain name"},
		{"a@exam\nple.org", "address_invisible_character", invis + " (U+000A)"},
		{"a\x00@example.org", "address_invisible_character", invis + " (U+0000)"},
		{"ada@example.org\u200b", "address_invisible_character", invis + " (U+200B)"},
		{"ada@exam\u00adple.org", "address_invisible_character", invis + " (U+00AD)"},
		{"\u2800ada@example.org", "address_invisible_character", invis + " (U+2800)"},
	} {
		_, err := signup.CanonicalEmail(c.in)
		var e signup.FieldError
		if !errors.As(err, &e) || e.Field != signup.FieldEmail || e.Code != c.code || !strings.Contains(e.Message, c.part) {
			t.Errorf("CanonicalEmail(%+q) returned %v, message %+q; want the code %s, a message with %q", c.in, err, e.Message, c.code, c.part)
			continue
		}
		quotes := e.Max == 0 && c.code != signup.CodeNotUTF8 && c.code != signup.CodeRequired
		if quotes && !strings.HasPrefix(e.Message, "'"+c.in+"' is not valid 'email_address'.") {
			t.Errorf("CanonicalEmail(%+q) returned the message %+q, want it to begin as the tutorial's", c.in, e.Message)
		}
		if want := "signup: invalid email_address: " + c.code; err.Error() != want {
			t.Errorf("CanonicalEmail(%+q) returned %q, want %q", c.in, err, want)
		}
		if _, err := signup.NormalizeEmail(c.in); !errors.Is(err, signup.ErrInvalid) || err.Error() != "signup: invalid email_address: "+c.code {
			t.Errorf("NormalizeEmail(%+q) returned %v, want the same error as CanonicalEmail", c.in, err)
		}
	}
}
