package esstore

import (
	"bytes"
	"encoding/json"
	"iter"
	"reflect"
	"strings"
)

// A newer version of this package may store members that this one doesn't know.
// Update and the writes that confirm keep them as they are.

// known has the names of the members of a document.
var known = memberNames()

func memberNames() map[string]bool {
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[document]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names[name] = true
		}
	}
	return names
}

// hasUnknown reports whether source, a document in JSON, has members that this
// version doesn't know.
func hasUnknown(source []byte) bool {
	for name := range members(source) {
		if !isKnown(name) {
			return true
		}
	}
	return false
}

func isKnown(name []byte) bool {
	if known[string(name[1:len(name)-1])] { // without its quotes
		return true
	}
	var text string
	return bytes.IndexByte(name, '\\') >= 0 && json.Unmarshal(name, &text) == nil && known[text]
}

// withUnknown returns body, a document in JSON, with the members of source that
// this version doesn't know.
func withUnknown(body, source []byte) []byte {
	all := bytes.TrimSuffix(bytes.Clone(body), []byte("}"))
	for name, value := range members(source) {
		if !isKnown(name) {
			all = append(append(append(append(all, ','), name...), ':'), value...)
		}
	}
	return append(all, '}')
}

// withToken returns source, a document in JSON, with another write token.
func withToken(source []byte, token string) []byte {
	all := []byte("{")
	for name, value := range members(source) {
		if string(name) != `"write_token"` {
			all = append(append(append(append(all, name...), ':'), value...), ',')
		}
	}
	text, err := json.Marshal(token)
	if err != nil { // which no string makes
		panic(err)
	}
	return append(append(append(all, `"write_token":`...), text...), '}')
}

// sourceOf returns the document in Elasticsearch's response to a GET. It is part
// of body.
func sourceOf(body []byte) []byte {
	for name, value := range members(body) {
		if string(name) == `"_source"` {
			return value
		}
	}
	return nil
}

// members returns the members of object, which is valid JSON: each name with its
// quotes, and the value, both as they are written. There are none in what isn't
// an object.
func members(object []byte) iter.Seq2[[]byte, []byte] {
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
			case -1: // of what the value is in
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
