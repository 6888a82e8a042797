// Package mediatype reads the headers that say in what form a body is or may be.
//
// It does so without mime.ParseMediaType, because the cost of that grows with the square
// of a header's length, and a client can send a long header in few bytes (RFC 7541,
// section 7.3). The functions allocate nothing, and read a limited number of bytes.
package mediatype

import "strings"

const (
	maxAccept      = 1 << 10 // of all Accept lines together, with a comma for each
	maxContentType = 256     // a longer Content-Type is refused
)

// The media types that the handlers and pages use.
const (
	JSON        = "application/json"
	ProblemJSON = "application/problem+json"
	Form        = "application/x-www-form-urlencoded"
)

// Is reports whether lines, all of a request's Content-Type, name the media type want. A
// field that is sent twice, on two lines or on one, names no type (RFC 9110, sections 5.3
// and 8.3), and neither does one of more than 256 bytes. Parameters are ignored, also
// charset: JSON and forms have none (RFC 8259, section 11; WHATWG URL, section 5).
func Is(lines []string, want string) bool {
	if len(lines) != 1 || len(lines[0]) > maxContentType {
		return false
	}
	if lines[0] == want {
		return true // as nearly always
	}
	isList := elementLen(lines[0]) < len(lines[0])
	name, _, _ := strings.Cut(lines[0], ";")
	return !isList && sameType(name, want)
}

// PrefersProblem reports whether the Accept lines name problem+json with a
// quality (RFC 9110, section 12.4.2) not below that of plain JSON. Wildcards
// don't count: a client that sends only those gets the tutorial's form. Elements
// that aren't well formed, or that don't end within maxAccept, count as absent.
func PrefersProblem(lines []string) bool {
	var problem, plain int
	for element := range Elements(lines, maxAccept) {
		name, params, _ := strings.Cut(element, ";")
		switch {
		case sameType(name, ProblemJSON):
			problem = max(problem, Quality(params))
		case sameType(name, JSON):
			plain = max(plain, Quality(params))
		}
	}
	return problem > 0 && problem >= plain
}

// AcceptsHTML reports whether the Accept lines name text/html, as those of browsers do
// that ask for a page. Wildcards don't count.
func AcceptsHTML(lines []string) bool {
	for element := range Elements(lines, maxAccept) {
		name, params, _ := strings.Cut(element, ";")
		if sameType(name, "text/html") && Quality(params) > 0 {
			return true
		}
	}
	return false
}

// sameType reports whether name, which may have white space around it, is the
// media type want. Case doesn't matter (RFC 9110, section 8.3.1).
func sameType(name, want string) bool {
	name = strings.Trim(name, " \t")
	// strings.EqualFold alone would take the long s for an s.
	return len(name) == len(want) && strings.EqualFold(name, want)
}

// IsIdentity reports whether lines, all of a request's Content-Encoding, name no
// coding, or only "identity", which stands for none (RFC 9110, section 12.5.3).
func IsIdentity(lines []string) bool {
	const maxLines = 8
	if len(lines) > maxLines {
		return false
	}
	for _, line := range lines {
		if len(line) > maxContentType {
			return false
		}
		for coding := range strings.SplitSeq(line, ",") {
			coding = strings.Trim(coding, " \t")
			if coding != "" && !strings.EqualFold(coding, "identity") {
				return false
			}
		}
	}
	return true
}
