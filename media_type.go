package signup

import (
	"iter"
	"strings"
)

// The package reads media types without mime.ParseMediaType, because the cost of
// that grows with the square of a header's length, and a client can send a long
// header in few bytes (RFC 7541, section 7.3). The functions in this file
// allocate nothing, and read at most these many bytes of a header:
const (
	maxAccept      = 1 << 10 // of all Accept lines together, with a comma for each
	maxContentType = 256     // a longer Content-Type is refused
)

const (
	typeJSON    = "application/json"
	problemJSON = "application/problem+json"
)

// isJSON reports whether lines, all of a request's Content-Type, name
// application/json. A field that is sent twice, on two lines or on one, names no
// type (RFC 9110, sections 5.3 and 8.3). Parameters are ignored, also charset:
// JSON has none (RFC 8259, section 11), and the text is checked to be UTF-8.
func isJSON(lines []string) bool {
	if len(lines) != 1 || len(lines[0]) > maxContentType {
		return false
	}
	if lines[0] == typeJSON {
		return true // as nearly always
	}
	isList := elementLen(lines[0]) < len(lines[0])
	name, _, _ := strings.Cut(lines[0], ";")
	return !isList && sameType(name, typeJSON)
}

// prefersProblem reports whether the Accept lines name problem+json with a
// quality (RFC 9110, section 12.4.2) not below that of plain JSON. Wildcards
// don't count: a client that sends only those gets the tutorial's form. Elements
// that aren't well formed, or that don't end within maxAccept, count as absent.
func prefersProblem(lines []string) bool {
	var problem, plain int
	for element := range elements(lines, maxAccept) {
		name, params, _ := strings.Cut(element, ";")
		switch {
		case sameType(name, problemJSON):
			problem = max(problem, quality(params))
		case sameType(name, typeJSON):
			plain = max(plain, quality(params))
		}
	}
	return problem > 0 && problem >= plain
}

// acceptsHTML reports whether the Accept lines name text/html, as those of browsers do
// that ask for a page. Wildcards don't count.
func acceptsHTML(lines []string) bool {
	for element := range elements(lines, maxAccept) {
		name, params, _ := strings.Cut(element, ";")
		if sameType(name, "text/html") && quality(params) > 0 {
			return true
		}
	}
	return false
}

// elements returns the elements of a list (RFC 9110, section 5.6.1) on several lines,
// up to the first one that doesn't end within budget bytes. Each line counts with a
// comma. White space around an element remains.
func elements(lines []string, budget int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			isCut := len(line) > budget
			if isCut {
				line = line[:budget]
			}
			budget -= len(line) + 1
			for line != "" {
				n := elementLen(line)
				if n == len(line) && isCut || !yield(line[:n]) {
					return
				}
				line = line[min(n+1, len(line)):]
			}
			if budget <= 0 {
				return
			}
		}
	}
}

// sameType reports whether name, which may have white space around it, is the
// media type want. Case doesn't matter (RFC 9110, section 8.3.1).
func sameType(name, want string) bool {
	name = strings.Trim(name, " \t")
	// strings.EqualFold alone would take the long s for an s.
	return len(name) == len(want) && strings.EqualFold(name, want)
}

// elementLen returns the length of the first element of a list, up to the comma
// or the end (RFC 9110, section 5.6.1). A comma in a quoted string ends nothing.
func elementLen(list string) int {
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case ',':
			return i
		case '"':
			n := quotedLen(list[i:])
			if n == 0 { // it isn't closed
				return len(list)
			}
			i += n - 1
		}
	}
	return len(list)
}

// quality returns the weight in thousandths that the parameters of an element of
// Accept give: 1000 without a weight, and 0 if they aren't well formed or give
// two weights. params begins after the first semicolon.
func quality(params string) int {
	weight, weights := 1000, 0
	for {
		name, value, rest, ok := cutParameter(params)
		if !ok {
			return 0
		}
		if strings.EqualFold(name, "q") {
			if weight, ok = parseWeight(value); !ok {
				return 0
			}
			weights++
		}
		switch {
		case rest == "" && weights <= 1:
			return weight
		case rest == "":
			return 0
		}
		params = rest[1:] // after the semicolon
	}
}

// cutParameter cuts the first parameter (RFC 9110, section 5.6.6) off s. The
// value is without its quotes, and still has its backslashes. rest is empty or
// begins with a semicolon. A parameter may be empty.
func cutParameter(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	n := tokenLen(s)
	name, s = s[:n], s[n:]
	if name != "" {
		if s == "" || s[0] != '=' {
			return "", "", "", false
		}
		s = s[1:]
		if n = tokenLen(s); n > 0 {
			value = s[:n]
		} else if n = quotedLen(s); n > 0 {
			value = s[1 : n-1]
		} else {
			return "", "", "", false
		}
		s = s[n:]
	}
	rest = strings.TrimLeft(s, " \t")
	return name, value, rest, rest == "" || rest[0] == ';'
}

// parseWeight returns the weight s (RFC 9110, section 12.4.2) in thousandths.
func parseWeight(s string) (int, bool) {
	if s == "" || len(s) > len("0.000") || s[0] != '0' && s[0] != '1' || len(s) > 1 && s[1] != '.' {
		return 0, false
	}
	weight := int(s[0] - '0')
	for i := 2; i < len("0.000"); i++ {
		weight *= 10
		if i >= len(s) {
			continue
		}
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		weight += int(s[i] - '0')
	}
	return weight, weight <= 1000
}

// tokenLen returns the length of the token (RFC 9110, section 5.6.2) that s
// begins with.
func tokenLen(s string) int {
	for i := range len(s) {
		c := s[i]
		isToken := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
		if !isToken {
			return i
		}
	}
	return len(s)
}

// quotedLen returns the length of the quoted string (RFC 9110, section 5.6.4)
// that s begins with, or 0.
func quotedLen(s string) int {
	if s == "" || s[0] != '"' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return 0
}

// isIdentity reports whether lines, all of a request's Content-Encoding, name no
// coding, or only "identity", which stands for none (RFC 9110, section 12.5.3).
func isIdentity(lines []string) bool {
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
