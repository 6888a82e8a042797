package strictjson

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const bom = "\ufeff"

// TrimBOM returns data without the byte order mark that it may begin with, which
// a reader of JSON may skip (RFC 8259, section 8.1).
func TrimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte(bom)) }

// checkUTF8 returns the problem of text, which is data without a byte order
// mark, if it isn't UTF-8.
func (f *Format) checkUTF8(data, text []byte) error {
	if name := wideEncoding(text); name != "" {
		return f.ofText(Error{Problem: WideEncoding, Value: name}, " is %s; it must be UTF-8", name)
	}
	if at := invalidUTF8(text); at >= 0 {
		place := strconv.Itoa(len(data) - len(text) + at + 1)
		return f.ofText(Error{Problem: NotUTF8, Value: place}, " is not UTF-8 at byte %s", place)
	}
	return nil
}

// wideEncoding returns "UTF-16" or "UTF-32" if text plainly has that encoding,
// and "" otherwise. It goes by a byte order mark, or by the NULs beside the first
// character: that of a JSON text is an ASCII character (RFC 4627, section 3).
func wideEncoding(text []byte) string {
	var first [4]byte
	isNUL := [4]bool{true, true, true, true}
	for i := range copy(first[:], text) {
		isNUL[i] = first[i] == 0
	}
	hasPrefix := func(prefix string) bool { return bytes.HasPrefix(text, []byte(prefix)) }
	switch {
	case hasPrefix("\xff\xfe\x00\x00"), hasPrefix("\x00\x00\xfe\xff"):
		return "UTF-32"
	case hasPrefix("\xff\xfe"), hasPrefix("\xfe\xff"):
		return "UTF-16"
	case len(text) >= 4 && isNUL[1] && isNUL[2] && isNUL[0] != isNUL[3]:
		return "UTF-32"
	case len(text) >= 2 && isNUL[0] != isNUL[1]:
		return "UTF-16"
	}
	return ""
}

// invalidUTF8 returns the offset of the first byte that isn't UTF-8, or -1.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}

// hasLoneSurrogate reports whether the valid JSON in data escapes one half of a
// surrogate pair without the other, which encoding/json would replace.
func hasLoneSurrogate(data []byte) bool {
	for {
		at := bytes.IndexByte(data, '\\')
		if at < 0 {
			return false
		}
		data = data[at:]
		unit := escaped(data)
		switch {
		case unit < 0:
			data = data[2:]
		case !utf16.IsSurrogate(unit):
			data = data[6:]
		case utf16.DecodeRune(unit, escaped(data[6:])) == utf8.RuneError:
			return true
		default:
			data = data[12:]
		}
	}
}

// escaped returns the code unit of the \uXXXX that data begins with, or -1.
func escaped(data []byte) rune {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	var unit rune
	for _, c := range data[2:6] {
		digit := rune(c)
		switch {
		case '0' <= c && c <= '9':
			digit -= '0'
		case 'a' <= c && c <= 'f':
			digit -= 'a' - 10
		case 'A' <= c && c <= 'F':
			digit -= 'A' - 10
		default:
			return -1
		}
		unit = unit<<4 | digit
	}
	return unit
}
