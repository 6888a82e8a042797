package mediatype

import (
	"iter"
	"strings"
)

// Elements returns the elements of a list (RFC 9110, section 5.6.1) on several lines,
// up to the first one that doesn't end within budget bytes. Each line counts with a
// comma. White space around an element remains.
func Elements(lines []string, budget int) iter.Seq[string] {
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

// Quality returns the weight in thousandths that the parameters of an element of
// Accept give: 1000 without a weight, and 0 if they aren't well formed or give
// two weights. params begins after the first semicolon.
func Quality(params string) int {
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
