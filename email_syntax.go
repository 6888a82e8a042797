package signup

import "strings"

// The flaws that checkSyntax returns, which are those of the address as a whole.
var (
	flawEmptyLocal  = &addressFlaw{code: CodeLocalPartEmpty}
	flawEmptyDomain = &addressFlaw{code: CodeDomainEmpty}
	flawQuotes      = &addressFlaw{code: CodeLocalPartQuotes}
	flawBrackets    = &addressFlaw{code: CodeAddressBrackets}
	flawComment     = &addressFlaw{code: CodeAddressComment}
	flawList        = &addressFlaw{code: CodeAddressList}
	flawLiteral     = &addressFlaw{code: CodeDomainLiteral}
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
