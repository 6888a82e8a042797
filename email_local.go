package signup

import (
	"strings"
	"unicode"

	"golang.org/x/text/secure/precis"
)

var (
	flawLocalLong  = &addressFlaw{code: CodeLocalPartTooLong, max: maxLocalPart}
	flawLocalDots  = &addressFlaw{code: CodeLocalPartDots}
	flawLocalSpace = &addressFlaw{code: CodeLocalPartSpaces}
	flawLocal      = &addressFlaw{code: CodeLocalPartCharacters}
)

// canonicalLocalPart returns the canonical form of s, which is in normalization
// form C.
//
// The form in which s is stored is s itself. RFC 6532, section 3.1, asks for
// normalization form C in messages, and against forms that change more. Only the
// receiving server may interpret a local part (RFC 5321, section 2.3.11), so
// letter case and width stay as typed.
func canonicalLocalPart(s string) (string, *addressFlaw) {
	if len(s) > maxLocalPart {
		return "", flawLocalLong
	}
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return "", flawLocalSpace
	}
	if isASCII(s) {
		s = strings.ToLower(s)
	} else {
		mapped, err := precis.UsernameCaseMapped.String(s)
		if err != nil {
			return "", flawOr(s, flawLocal)
		}
		s = mapped
	}
	if len(s) > maxLocalPart {
		return "", flawLocalLong
	}
	return s, checkDotString(s)
}

// checkDotString returns nil if s is a Dot-string of RFC 5321, section 4.1.2, whose
// atoms may have characters beyond ASCII (RFC 6531, section 3.3).
func checkDotString(s string) *addressFlaw {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return flawLocalDots
		}
		for i := range len(atom) {
			c := atom[i]
			if c <= ' ' || c == 0x7f || strings.IndexByte(`"(),:;<>@[\]`, c) >= 0 {
				return flawLocal
			}
		}
	}
	return nil
}
