package mailer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxUserName is the greatest length of a user's name in a mail, in characters.
const maxUserName = 64

// clean returns s as one line for a header or a text. It leaves out characters that are
// invisible or change the direction of text, except for the zero-width joiners that
// some scripts need, and writes white space as single spaces. "=?" would begin an
// encoded word (RFC 2047, section 2), and gets a space.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200c' || r == '\u200d':
			return r
		case r == utf8.RuneError || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, s)
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "=?", "= ?")
}

// cut returns the first n characters of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return strings.TrimSpace(s[:i])
		}
		n--
	}
	return s
}

// group returns a code in groups of four characters.
func group(code string) string {
	var groups []string
	for len(code) > 4 {
		groups = append(groups, code[:4])
		code = code[4:]
	}
	return strings.Join(append(groups, code), " ")
}

// maxLine is the length of lines of a text, in characters (RFC 3676, section 4.2).
const maxLine = 72

// wrap breaks a paragraph into lines. A word that is longer than a line, such as a URL,
// stays whole.
func wrap(paragraph string) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Fields(paragraph) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case length+1+n > maxLine:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += n
	}
	return b.String()
}
