package signup

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The limits of RFC 1035, section 2.3.4, in bytes of the ASCII form, for a domain
// without its trailing dot.
const (
	maxDomain = 253
	maxLabel  = 63
)

// domainProfile is UTS #46 non-transitional processing with STD3 rules, so that a
// domain is the same in Unicode and in Punycode.
var domainProfile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.BidiRule(),
	idna.StrictDomainName(true),
	idna.VerifyDNSLength(true),
)

var (
	flawDomainLong   = &addressFlaw{code: CodeDomainTooLong, max: maxDomain}
	flawLabelLong    = &addressFlaw{code: CodeLabelTooLong, max: maxLabel}
	flawDomainSpace  = &addressFlaw{code: CodeDomainSpaces}
	flawDomainDots   = &addressFlaw{code: CodeDomainDots}
	flawDomainHyphen = &addressFlaw{code: CodeDomainHyphens}
	flawDomainScore  = &addressFlaw{code: CodeDomainUnderscores}
	flawDomain       = &addressFlaw{code: CodeDomainInvalid}
	flawOneLabel     = &addressFlaw{code: CodeDomainIncomplete}
	flawNumericTLD   = &addressFlaw{code: CodeDomainNumber}
)

// parseDomain returns the domain s as it is stored, and in ASCII.
//
// A domain in ASCII is stored as typed. Any other is stored as it was checked:
// what UTS #46 maps, such as full-width letters and ideographic full stops, has no
// meaning to DNS, and mail software may map it in another way.
func parseDomain(s string) (stored, ascii string, flaw *addressFlaw) {
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return "", "", flawDomainSpace
	}
	ascii, err := s, error(nil)
	if !isPlainDomain(s) {
		ascii, err = domainProfile.ToASCII(mapCapitalSharpS(norm.NFC.String(s)))
	}
	// After an error, ascii is s as far as it could be mapped.
	if flaw = checkLabels(ascii); flaw == nil && err != nil {
		flaw = flawOr(s, flawDomain)
	}
	if flaw == nil {
		flaw = checkTopLevel(ascii)
	}
	if flaw != nil {
		return "", "", flaw
	}
	if isASCII(s) {
		return s, ascii, nil
	}
	if stored, err = domainProfile.ToUnicode(ascii); err != nil {
		return "", "", flawDomain
	}
	return stored, ascii, nil
}

// isPlainDomain reports whether s has no character that domainProfile may change or
// refuse, as most domains: only lower-case letters, digits and single hyphens and dots.
func isPlainDomain(s string) bool {
	separated := true // the last character was a hyphen or dot, or there is none
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			separated = false
		case (c == '-' || c == '.') && !separated:
			separated = true
		default:
			return false
		}
	}
	return !separated && len(s) <= maxLabel
}

// mapCapitalSharpS maps U+1E9E to its lower case, as UTS #46 does since Unicode
// 15.1. Older tables map it to "ss", which is another domain.
func mapCapitalSharpS(s string) string { return strings.ReplaceAll(s, "\u1e9e", "\u00df") }

// checkLabels returns what is wrong with the labels of the domain s, which is in
// ASCII if it is a domain.
func checkLabels(s string) *addressFlaw {
	var long, hyphen bool
	for label := range strings.SplitSeq(s, ".") {
		if label == "" {
			return flawDomainDots
		}
		long = long || len(label) > maxLabel
		hyphen = hyphen || label[0] == '-' || label[len(label)-1] == '-'
	}
	switch {
	case long:
		return flawLabelLong
	case len(s) > maxDomain:
		return flawDomainLong
	case hyphen:
		return flawDomainHyphen
	case strings.Contains(s, "_"):
		return flawDomainScore
	}
	return nil
}

// checkTopLevel returns what is wrong with the last label of the domain s. A
// top-level domain is alphabetic (RFC 3696, section 2); digits alone would be an
// IPv4 address. It has two characters or more: a country code has two, and ICANN
// delegates no shorter one. A shorter one gets no reason: its response is pinned
// by the recordings of the 2014 tutorial.
func checkTopLevel(s string) *addressFlaw {
	dot := strings.LastIndexByte(s, '.')
	top := s[dot+1:]
	switch {
	case strings.Trim(top, "0123456789") == "":
		return flawNumericTLD
	case dot < 0:
		return flawOneLabel
	case len(top) < 2:
		return &addressFlaw{}
	}
	return nil
}
