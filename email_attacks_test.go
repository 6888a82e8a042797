package signup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// Attacks by address: to get a second account for a mailbox, to get another user's
// account, or to have mail sent to the wrong mailbox. Two addresses that share a
// key here must be one mailbox by RFC 5321, RFC 6531 and the mappings of PRECIS
// and UTS 46. Two addresses of one mailbox needn't share a key if one of them is
// refused.
func TestEmailAttacks(t *testing.T) {
	r := strings.Repeat
	for _, c := range []struct{ in, want, why string }{
		// Letters whose upper or lower case is an ASCII letter.
		{"g\u0131thub@example.org", "g\u0131thub@example.org", "dotless i: another mailbox, as its upper case I isn't what is compared"},
		{"GITHUB@example.org", "github@example.org", "no Turkish lower case"},
		{"a@g\u0131thub.com", "a@xn--gthub-n4a.com", "dotless i: another domain"},
		{"a@G\u0131THUB.com", "a@xn--gthub-n4a.com", "whatever the case of the others"},
		{"\u0131\u0307@example.org", "\u0131\u0307@example.org", "dotless i with a dot: not an i"},
		{"\u0130ada@example.org", "i\u0307ada@example.org", "I with a dot: lower case keeps the dot, so not iada"},
		{"I\u0307ada@example.org", "i\u0307ada@example.org", "its NFD"},
		{"i\u0307ada@example.org", "i\u0307ada@example.org", "its key is itself"},
		{"IADA@example.org", "iada@example.org", "which is another"},
		{"a@\u0130.org", "a@xn--i-9bb.org", "the same in a domain"},
		{"a@i\u0307.org", "a@xn--i-9bb.org", "the same in a domain"},
		{"\u017fam@example.org", "", "long s is disallowed in local parts: not sam"},
		{"a@\u017fam.org", "a@sam.org", "in a domain it is an s: DNS has no long s (UTS 46)"},
		{"\u212aelvin@example.org", "kelvin@example.org", "the Kelvin sign is K canonically: NFC makes it so on the way"},
		{"a@\u212aelvin.org", "a@kelvin.org", "the Kelvin sign is K"},
		{"\u212bsa@example.org", "\u00e5sa@example.org", "the angstrom sign is \u00c5 canonically"},
		{"\u2126@example.org", "\u03c9@example.org", "the ohm sign is omega canonically"},

		// ß and sigma.
		{"stra\u00dfe@example.org", "stra\u00dfe@example.org", "ß is kept"},
		{"strasse@example.org", "strasse@example.org", "so ss is another mailbox"},
		{"STRA\u1e9eE@example.org", "stra\u00dfe@example.org", "the lower case of capital ß is ß"},
		{"a@stra\u00dfe.org", "a@xn--strae-oqa.org", "non-transitional: another domain than strasse.org"},
		{"a@XN--STRAE-OQA.org", "a@xn--strae-oqa.org", "the same, as DNS has it"},
		{"a@strasse.org", "a@strasse.org", "another domain"},
		{"a@STRA\u1e9eE.org", "a@xn--strae-oqa.org", "the lower case of capital ß is ß, as in local parts (UTS 46 from Unicode 15.1)"},
		{"a@a\u1e9e.org", "a@xn--a-qfa.org", "so these are one domain"},
		{"a@a\u00df.org", "a@xn--a-qfa.org", "so these are one domain"},
		{"\u03b1\u03c2@example.org", "\u03b1\u03c2@example.org", "final sigma is kept"},
		{"\u03b1\u03c3@example.org", "\u03b1\u03c3@example.org", "so sigma is another mailbox"},
		{"\u0391\u03a3@example.org", "\u03b1\u03c3@example.org", "upper case is sigma, wherever it stands"},
		{"a@\u03b1\u03c2.gr", "a@xn--mxa8a.gr", "non-transitional: another domain than with sigma"},
		{"a@\u03b1\u03c3.gr", "a@xn--mxa0b.gr", "another domain"},
		{"a@\u0391\u03a3.gr", "a@xn--mxa0b.gr", "upper case is sigma"},

		// Look-alikes of other scripts are other mailboxes: mail reaches those.
		{"admin@example.org", "admin@example.org", "Latin"},
		{"\u0430dmin@example.org", "\u0430dmin@example.org", "Cyrillic a: another account, and another mailbox"},
		{"\u0391da@example.org", "\u03b1da@example.org", "Greek capital alpha"},
		{"a@\u0430pple.com", "a@xn--pple-43d.com", "a homograph domain shows itself in the key"},
		{"a@xn--pple-43d.com", "a@xn--pple-43d.com", "the same, as DNS has it"},
		{"a@\u0430\u0440\u0440\u04cf\u0435.com", "a@xn--80ak6aa92e.com", "all Cyrillic"},
		{"\u13a0\u13f5@example.org", "\uab70\u13fd@example.org", "Cherokee: lower case, not the folded, which is upper"},
		{"\u10a0@example.org", "\u2d00@example.org", "Georgian"},

		// Width.
		{"\uff21\uff44\uff41@example.org", "ada@example.org", "full-width letters are mapped (RFC 8265, section 3.3.1)"},
		{"a\uff0bb@example.org", "a+b@example.org", "and so are signs"},
		{"a\uff0eb@example.org", "a.b@example.org", "and the full stop, before the Dot-string is checked"},
		{"a\uff0e\uff0eb@example.org", "", "two dots"},
		{"\uff0ea@example.org", "", "a dot first"},
		{"a\u3002b@example.org", "", "an ideographic full stop is punctuation, and no dot in a local part"},
		{"ada\uff20example.org", "", "a full-width @ isn't one (RFC 6531 has no mapping)"},
		{"ada\uff20evil.example@example.org", "", "nor may it become one in the local part"},
		{"a@evil.example\uff20example.org", "", "nor in the domain"},
		{"a\uff1cb@example.org", "", "full-width <: must be mapped before signs are refused"},
		{"a\uff0cb@example.org", "", "full-width comma"},
		{"a\uff1bb@example.org", "", "full-width semicolon"},
		{"\uff02a\uff02@example.org", "", "full-width quotes"},
		{"a\u037eb@example.org", "", "the Greek question mark is a semicolon canonically"},
		{"a\u1fefb@example.org", "a`b@example.org", "the Greek varia is a backtick canonically"},
		{"a@example\uff0eorg", "a@example.org", "a full-width dot separates labels (UTS 46)"},
		{"a@example\uff61org", "a@example.org", "and so does a half-width ideographic one"},
		{"a@example\u2024org", "", "a one-dot leader doesn't"},
		{"a@example.org\u3002", "", "a trailing dot, however it is written"},
		{"a@a\uff0fb.org", "", "full-width slash"},
		{"a@a\uff1ab.org", "", "full-width colon"},
		{"a@\u2100b.org", "", "\u2100 is a/c"},
		{"a@a\u226eb.org", "", "\u226e is < and an overlay"},

		// Direction.
		{"\u05d0\u05d1@example.org", "\u05d0\u05d1@example.org", "Hebrew alone"},
		{"\u05d0a@example.org", "", "Hebrew and Latin: the bidi rule (RFC 5893)"},
		{"a\u05d0@example.org", "", "Latin and Hebrew"},
		{"\u05d0.a@example.org", "", "in another atom too, as the rule is for the whole"},
		{"\u05d0+a@example.org", "", "and after a sign"},
		{"\u05d01@example.org", "\u05d01@example.org", "a digit last"},
		{"1\u05d0@example.org", "", "a digit first would show on the other side"},
		{"\u05d0\u0661@example.org", "\u05d0\u0661@example.org", "an Arabic-Indic digit"},
		{"\u05d01\u0661@example.org", "", "two kinds of digits"},
		{"\u0627\u06f1\u0661@example.org", "", "two kinds of Arabic digits"},
		{"a@\u05d0.com", "a@xn--4db.com", "a Hebrew domain"},
		{"a@\u05d0a.org", "", "Hebrew and Latin in one label"},
		{"a@1.\u05d0", "", "a label that begins with a digit, beside one in Hebrew"},
		{"a\u202egro.elpmaxe@example.org", "", "right-to-left override"},
		{"a@a\u202eb.org", "", "right-to-left override"},
		{"a\u061cb@example.org", "", "Arabic letter mark"},
		{"a@a\u061cb.org", "", "Arabic letter mark"},
		{"a\u200fb@example.org", "", "right-to-left mark"},
		{"a\u2066b\u2069@example.org", "", "isolates"},

		// What can't be seen.
		{"a\u200bb@example.org", "", "zero-width space"},
		{"a\u200cb@example.org", "", "zero-width non-joiner, where it joins nothing"},
		{"a\u200db@example.org", "", "zero-width joiner, where it joins nothing"},
		{"\u0915\u094d\u200d\u0937@example.org", "\u0915\u094d\u200d\u0937@example.org", "zero-width joiner after a virama, where it is writing (RFC 5892, A.2)"},
		{"\u0915\u094d\u0937@example.org", "\u0915\u094d\u0937@example.org", "without it: another mailbox"},
		{"\u0628\u200c\u0628@example.org", "\u0628\u200c\u0628@example.org", "zero-width non-joiner between joining letters (A.1)"},
		{"a\u00adb@example.org", "", "soft hyphen"},
		{"a\u2060b@example.org", "", "word joiner"},
		{"a\ufeffb@example.org", "", "byte order mark"},
		{"a\u034fb@example.org", "", "combining grapheme joiner"},
		{"a\ufe0fb@example.org", "", "variation selector"},
		{"a\U000e0061b@example.org", "", "tag letter"},
		{"\u115f\u1160@example.org", "", "Hangul fillers"},
		{"a@a\u200bb.org", "", "in a domain UTS 46 ignores it, and mail software may not"},
		{"a@a\u00adb.org", "", "ignored"},
		{"a@a\u2060b.org", "", "ignored"},
		{"a@a\ufeffb.org", "", "ignored"},
		{"a@a\ufe0fb.org", "", "ignored"},
		{"a@a\u200cb.org", "", "zero-width non-joiner, where it joins nothing"},
		{"a@a\u200db.org", "", "zero-width joiner, where it joins nothing"},
		{"a@\u0915\u094d\u200d\u0937.org", "a@xn--11b2ezcw70k.org", "where it is writing it is another domain"},
		{"a@\u0915\u094d\u0937.org", "a@xn--11b2ezc.org", "than this"},
		{"a\u00a0b@example.org", "", "no-break space"},
		{"a\u3000b@example.org", "", "ideographic space"},
		{"a@a\u3000b.org", "", "ideographic space"},
		{"a\u2028b@example.org", "", "line separator"},

		// Composition.
		{"E\u0301mile@example.org", "\u00e9mile@example.org", "NFD"},
		{"\u00c9mile@example.org", "\u00e9mile@example.org", "NFC"},
		{"a\u0301\u0323@example.org", "\u1ea1\u0301@example.org", "marks in any order"},
		{"a\u0323\u0301@example.org", "\u1ea1\u0301@example.org", "marks in any order"},
		{"\u1112\u1161\u11ab@example.org", "\ud55c@example.org", "Jamo are a syllable"},
		{"\ud55c@example.org", "\ud55c@example.org", "the syllable"},
		{"a@\u1112\u1161\u11ab.kr", "a@xn--6q8b.kr", "Jamo are a syllable"},
		{"a@\ud55c.kr", "a@xn--6q8b.kr", "the syllable"},
		{"\u0301a@example.org", "", "a mark first: it would combine with what stands before the address"},
		{"a@\u0301a.org", "", "a mark first"},

		// Compatibility: PRECIS refuses in local parts what UTS 46 maps in domains.
		{"\ufb01@example.org", "", "a ligature isn't the letters"},
		{"a@\ufb01.org", "a@fi.org", "but in a domain it is"},
		{"\u01c6@example.org", "", "a digraph"},
		{"a\u00b2@example.org", "", "superscript digit"},
		{"a@a\u00b2.org", "a@a2.org", "superscript digit"},
		{"\u24d0@example.org", "", "circled letter"},
		{"a@\u24b6.org", "a@a.org", "circled letter"},
		{"a@\u2460.org", "a@1.org", "circled digit"},
		{"a@1.2.3.\u2463", "", "circled digit that ends an IPv4 address"},
		{"a@\u2488com", "", "digit with a full stop"},
		{"\U0001d41a@example.org", "", "mathematical letter"},
		{"a@\U0001d41a.org", "a@a.org", "mathematical letter"},
		{"\u2135@example.org", "", "alef symbol: not the letter"},
		{"\u2136@example.org", "", "bet symbol"},
		{"\u2137@example.org", "", "gimel symbol"},
		{"\u2138@example.org", "", "dalet symbol"},
		{"a@\u2135.org", "a@xn--4db.org", "alef symbol: mapped after the direction was looked at"},
		{"a@\u2136.org", "a@xn--5db.org", "bet symbol"},
		{"a@\u2137.org", "a@xn--6db.org", "gimel symbol"},
		{"a@\u2138.org", "a@xn--7db.org", "dalet symbol"},
		{"a@\u2135a.org", "", "which breaks the bidi rule only when mapped: the key must be a fixed point"},

		// Emoji.
		{"\U0001f600@example.org", "", "symbols are disallowed in local parts"},
		{"a\u2764\ufe0f@example.org", "", "symbols are disallowed in local parts"},
		{"a@\U0001f4a9.la", "a@xn--ls8h.la", "domains of them exist"},
		{"a@xn--ls8h.la", "a@xn--ls8h.la", "as DNS has it"},

		// What is no text.
		{"a\x00@example.org", "", "NUL"},
		{"a@example.org\x00.evil.example", "", "NUL"},
		{"a\r@example.org", "", "CR"},
		{"a\n@example.org", "", "LF"},
		{"a\t@example.org", "", "TAB"},
		{"a@exam\nple.org", "", "LF"},
		{"a@example.org\r\n", "a@example.org", "CR LF after the address are white space around it"},
		{"a@example.org\r\nbcc:b@example.org", "", "CR LF in it"},
		{"a@example.org\t", "a@example.org", "and so is TAB"},
		{"a\u0085b@example.org", "", "NEL"},
		{"\u00fc\r\nbcc:b@example.org", "", "a header injected, beyond ASCII"},
		{"\u00fc\x7f@example.org", "", "DEL, beyond ASCII"},
		{"\u00fc\x00@example.org", "", "NUL, beyond ASCII"},

		// Routes and quotes.
		{"a%b.example@example.org", "a%b.example@example.org", "the percent hack is example.org's business: a mailbox like any other"},
		{"a%40b.example@example.org", "a%40b.example@example.org", "nothing is decoded"},
		{"b.example!a@example.org", "b.example!a@example.org", "a bang path as well"},
		{`"a"@example.org`, "", "quoted: it would be a's mailbox under another key"},
		{`"a@b.example"@example.org`, "", "quoted @"},
		{`a\@b.example@example.org`, "", "escaped @"},
		{"a@b.example@example.org", "", "two @: programs differ about which counts"},
		{"@relay.example:a@example.org", "", "source route"},
		{"a@example.org>", "", "bracket"},
		{"a@example.org,b@example.org", "", "list"},
		{"a@example.org b@example.org", "", "list"},

		// Domains.
		{"a@a..b.org", "", "empty label"},
		{"a@1.2.3.4", "", "IPv4 address"},
		{"a@\uff11.\uff12.\uff13.\uff14", "", "in full width"},
		{"a@1.2.3.4.org", "a@1.2.3.4.org", "a domain of digits"},
		{"a@[1.2.3.4]", "", "address literal"},
		{"a@[IPv6:::1]", "", "address literal"},
		{"a@2130706433", "", "IPv4 address in one number"},
		{"a@0x7f000001", "", "in hexadecimal"},
		{"a@1.2.3.\u0664", "", "an Arabic-Indic digit"},
		{"a@b\u00fccher.org", "a@xn--bcher-kva.org", "the Unicode form"},
		{"a@bu\u0308cher.org", "a@xn--bcher-kva.org", "in NFD"},
		{"a@xn--bcher-kva.org", "a@xn--bcher-kva.org", "is its Punycode"},
		{"a@XN--BCHER-KVA.ORG", "a@xn--bcher-kva.org", "whatever its case"},
		{"a@Xn--bcher-KVA.org", "a@xn--bcher-kva.org", "whatever its case"},
		{"a@\uff38n--bcher-kva.org", "a@xn--bcher-kva.org", "or width"},
		{"a@xn\u00ad--bcher-kva.org", "", "nothing invisible in it"},
		{"a@xn--b\u00fccher.org", "", "Unicode in Punycode"},
		{"a@xn--example-.org", "", "Punycode of ASCII would be a second key"},
		{"a@xn--.org", "", "Punycode of nothing"},
		{"a@xn--0.org", "", "no Punycode"},
		{"a@xn--K-8ea.org", "a@xn--k-8ea.org", "the case of Punycode's ASCII letters is no difference either"},
		{"a@ab--cd.org", "", "hyphens where only xn may have them"},

		// Lengths, before and after mapping.
		{r("A", 64) + "@example.org", r("a", 64) + "@example.org", "64 bytes"},
		{r("\u00fc", 32) + "@example.org", r("\u00fc", 32) + "@example.org", "64 bytes"},
		{r("\u00fc", 32) + "a@example.org", "", "65 bytes"},
		{r("\u023a", 32) + "@example.org", "", "64 bytes whose lower case has 96"},
		{r("\u023a", 21) + "@example.org", r("\u2c65", 21) + "@example.org", "42 bytes whose lower case has 63"},
		{r("\u0130", 22) + "@example.org", "", "44 bytes whose lower case has 66"},
		{r("\u0958", 11) + "@example.org", "", "33 bytes whose NFC has 66"},
		{r("\u212a", 21) + "k@example.org", r("k", 22) + "@example.org", "64 bytes that become 22"},
		{r("\u212a", 22) + "@example.org", r("k", 22) + "@example.org", "66 bytes that are 22 in NFC, which mail is sent to"},
		{r("e\u0301", 22) + "@example.org", r("\u00e9", 22) + "@example.org", "66 bytes that are 44 in NFC"},
		{r("\uff41", 22) + "@example.org", "", "66 bytes in NFC, too, that would become 22: mail can't be sent to it"},
		{"a@" + r("\u00fc", 50) + ".org", "a@xn--tda" + r("a", 49) + ".org", "a label that grows to 56 bytes"},
		{"a@" + r("\u00fc", 60) + ".org", "", "a label of more than 63 bytes in Punycode"},
	} {
		got, err := signup.CanonicalEmail(c.in)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, signup.ErrInvalid) {
			t.Errorf("CanonicalEmail(%+q) = %+q, %v; want %+q (%s)", c.in, got, err, c.want, c.why)
		}
		if err != nil && strings.Contains(err.Error(), c.in) {
			t.Errorf("CanonicalEmail(%+q) returned %q, want an error that doesn't repeat the address", c.in, err)
		}
		if again, err := signup.CanonicalEmail(got); got != "" && (again != got || err != nil) {
			t.Errorf("%+q becomes %+q, then %+q, %v; want the same key twice, nil", c.in, got, again, err)
		}
	}
}
