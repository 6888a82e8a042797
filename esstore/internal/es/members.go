package es

import (
	"bytes"
	"iter"
)

// Members returns the members of object, which is valid JSON: each name with its
// quotes, and the value, both as they are written. A value that isn't an object has
// none.
func Members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		rest := bytes.TrimLeft(object, space)
		if len(rest) == 0 || rest[0] != '{' {
			return
		}
		for {
			begin := bytes.IndexByte(rest, '"')
			if begin < 0 {
				return
			}
			rest = rest[begin:]
			end := valueEnd(rest)
			name := rest[:end]
			rest = bytes.TrimLeft(rest[end:], space+":")
			end = valueEnd(rest)
			if len(name) < 2 || !yield(name, rest[:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}

const space = " \t\r\n" // of JSON

// valueEnd returns the length of the value that text begins with.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			switch depth--; depth {
			case 0:
				return i + 1
			case -1: // the end of the object or array around the value
				return i
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// stringEnd returns the length of the string that text begins with.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(text)
}
