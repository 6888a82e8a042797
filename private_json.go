package signup

import "strings"

// The functions of this file walk through JSON text without an allocation, for
// [Accounts.Resume]. They find where names and values begin and end. Whether the text
// is JSON is checked elsewhere; of text that isn't, they report that or skip it.

// skipSpace returns the place of the first character of s from i that isn't white
// space.
func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the end of the string that begins at i, or -1.
func skipString(s string, i int) int {
	if i >= len(s) || s[i] != '"' {
		return -1
	}
	begin := i + 1
	for i = begin; ; i++ {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		escapes := 0 // before the quote
		for i-escapes > begin && s[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

// skipValue returns the end of the value that begins at i, or -1.
func skipValue(s string, i int) int {
	depth := 0
	for i < len(s) {
		switch c := s[i]; c {
		case '"':
			if i = skipString(s, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			if depth > 0 { // also commas, colons and white space
				i++
				continue
			}
			end := i
			for end < len(s) && !strings.ContainsRune(",]} \t\r\n", rune(s[end])) {
				end++
			}
			if end == i || end == len(s) {
				return -1
			}
			i = end
		}
		if depth == 0 {
			return i
		}
		if depth < 0 {
			return -1
		}
	}
	return -1
}

// A jsonWalk passes over the members of an object or the elements of an array.
type jsonWalk struct {
	s      string
	i      int
	begun  bool
	close  byte
	broken bool
}

// walk returns a jsonWalk of the object or array that begins at the first character
// of s that isn't white space, which must be open.
func walk(s string, open byte) jsonWalk {
	i := skipSpace(s, 0)
	if i >= len(s) || s[i] != open {
		return jsonWalk{broken: true}
	}
	return jsonWalk{s: s, i: i + 1, close: open + 2} // '{' and '}', '[' and ']'
}

// more reports whether another member or element begins at w.i.
func (w *jsonWalk) more() bool {
	if w.broken {
		return false
	}
	w.i = skipSpace(w.s, w.i)
	if w.i < len(w.s) && w.s[w.i] == w.close {
		return false
	}
	if w.begun {
		if w.i >= len(w.s) || w.s[w.i] != ',' {
			w.broken = true
			return false
		}
		w.i = skipSpace(w.s, w.i+1)
	}
	w.begun = true
	return true
}

// element returns the next element of an array, and whether there is one.
func (w *jsonWalk) element() (value string, ok bool) {
	if !w.more() {
		return "", false
	}
	return w.value()
}

// value returns the value that begins at w.i.
func (w *jsonWalk) value() (string, bool) {
	begin := w.i
	end := skipValue(w.s, begin)
	if end < 0 {
		w.broken = true
		return "", false
	}
	w.i = end
	return w.s[begin:end], true
}

// member returns the next member of an object, and whether there is one. The name is
// as it is in the text, without its quotes. The text is all of the member.
func (w *jsonWalk) member() (name, value, text string, ok bool) {
	name, begin, ok := w.name()
	if !ok {
		return "", "", "", false
	}
	value, ok = w.value()
	if !ok {
		return "", "", "", false
	}
	return name, value, w.s[begin:w.i], true
}

// name returns the name of the next member of an object, where the member begins, and
// whether there is one. Then its value begins at w.i, and value is to be called.
func (w *jsonWalk) name() (name string, begin int, ok bool) {
	if !w.more() {
		return "", 0, false
	}
	begin = w.i
	end := skipString(w.s, begin)
	if end < 0 {
		w.broken = true
		return "", 0, false
	}
	colon := skipSpace(w.s, end)
	if colon >= len(w.s) || w.s[colon] != ':' {
		w.broken = true
		return "", 0, false
	}
	w.i = skipSpace(w.s, colon+1)
	return w.s[begin+1 : end-1], begin, true
}

// appendJSONString appends s as a JSON string. It escapes no more than is necessary, so
// that a label of this package isn't longer than its text and its escapes.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ': // in no text of this package
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
