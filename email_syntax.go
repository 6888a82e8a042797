package signup

import "strings"

// The flaws that checkSyntax returns, which are those of the address as a whole.
var (
	flawEmptyLocal  = &addressFlaw{reason: "There is nothing before the '@'."}
	flawEmptyDomain = &addressFlaw{reason: "There is nothing after the '@'."}
	flawQuotes      = &addressFlaw{reason: "The part before the '@' must not have quotation marks or backslashes."}
	flawBrackets    = &addressFlaw{reason: "Give only the address, without a name and angle brackets."}
	flawComment     = &addressFlaw{reason: "Comments in parentheses are not accepted."}
	flawList        = &addressFlaw{reason: "Give one address, without commas and semicolons."}
	flawLiteral     = &addressFlaw{reason: "The part after the '@' must be a domain name, not an IP address."}
)

// checkSyntax returns what is wrong with the form of s, except for what the checks
// of the two parts find.
//
// No '@' and two of them get no reason: their responses are pinned by the
// recordings of the 2014 tutorial.
func checkSyntax(s string) *addressFlaw {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return &addressFlaw{}
	}
	local, domain := s[:at], s[at+1:]
	switch {
	case local == "":
		return flawEmptyLocal
	case domain == "":
		return flawEmptyDomain
	case strings.ContainsAny(s, "<>"):
		return flawBrackets
	case strings.ContainsAny(local, `"\`):
		return flawQuotes
	case strings.ContainsAny(s, "()"):
		return flawComment
	case domain[0] == '[':
		return flawLiteral
	case strings.ContainsAny(s, ",;"):
		return flawList
	case strings.Contains(local, "@"):
		return &addressFlaw{}
	}
	return nil
}
