// Package strictjson reads JSON objects as strictly as I-JSON asks for (RFC
// 7493): the text is UTF-8 without lone surrogates, so that no two texts are
// read as one, and no object has a name twice, so that no two readers see
// different values.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 32

// A problem is an error whose text is for the client.
func problem(format string, args ...any) error { return fmt.Errorf(format, args...) }

// Object returns the members of the JSON object in data. If data isn't one, the
// error says why, in words for the client: it names the place and may quote a
// member's name, but no value.
func Object(data []byte) (map[string]json.RawMessage, error) {
	if at := invalidUTF8(data); at >= 0 {
		return nil, problem("The request's body is not UTF-8 at byte %d.", at)
	}
	if !json.Valid(data) {
		return nil, problem("The request's body is not valid JSON at byte %d.", invalidJSON(data))
	}
	if hasLoneSurrogate(data) {
		return nil, problem("The request's JSON escapes one half of a surrogate pair without the other.")
	}
	w := walker{data: data}
	if w.next() != '{' {
		return nil, problem("The request's body must be a JSON object.")
	}
	return w.object(1)
}

// invalidJSON returns the place of the first byte that isn't JSON.
func invalidJSON(data []byte) int64 {
	var raw json.RawMessage
	if e, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, &raw)); ok {
		return e.Offset
	}
	return int64(len(data))
}

// A walker passes over valid JSON, and so needs to check nothing but what is
// valid and not wanted: repeated names and deep nesting.
type walker struct {
	data []byte
	at   int
}

// next returns the next byte that isn't white space.
func (w *walker) next() byte {
	for {
		switch c := w.data[w.at]; c {
		case ' ', '\t', '\n', '\r':
			w.at++
		default:
			return c
		}
	}
}

// object passes over an object and returns its members.
func (w *walker) object(depth int) (map[string]json.RawMessage, error) {
	members := make(map[string]json.RawMessage)
	w.at++ // the brace
	for w.next() != '}' {
		if w.data[w.at] == ',' {
			w.at++
			continue
		}
		start := w.at
		w.text()
		name, _ := Text(w.data[start:w.at])
		if _, ok := members[name]; ok {
			return nil, problem("The request's JSON has the name %s twice in an object.", quoteShort(name))
		}
		w.next()
		w.at++ // the colon
		w.next()
		start = w.at
		if err := w.value(depth); err != nil {
			return nil, err
		}
		members[name] = w.data[start:w.at]
	}
	w.at++
	return members, nil
}

// value passes over a value in an object or array of this depth.
func (w *walker) value(depth int) error {
	switch w.next() {
	case '{', '[':
		if depth == MaxDepth {
			return problem("The request's JSON is nested deeper than %d levels.", MaxDepth)
		}
		if w.data[w.at] == '{' {
			_, err := w.object(depth + 1)
			return err
		}
		return w.array(depth + 1)
	case '"':
		w.text()
	default: // a number, true, false or null
		for w.at < len(w.data) && bytes.IndexByte([]byte(" \t\n\r,]}"), w.data[w.at]) < 0 {
			w.at++
		}
	}
	return nil
}

func (w *walker) array(depth int) error {
	w.at++ // the bracket
	for w.next() != ']' {
		if w.data[w.at] == ',' {
			w.at++
			continue
		}
		if err := w.value(depth); err != nil {
			return err
		}
	}
	w.at++
	return nil
}

// text passes over a text.
func (w *walker) text() {
	for w.at++; w.data[w.at] != '"'; w.at++ {
		if w.data[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
}

func quoteShort(s string) string {
	if len(s) > 64 {
		return "of " + strconv.Itoa(len(s)) + " bytes"
	}
	return "'" + s + "'"
}

// invalidUTF8 returns the place of the first byte that isn't UTF-8, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(data[at:])
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
	n, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// Text returns the text of raw, a value that Object has returned, and whether it
// is a text.
func Text(raw json.RawMessage) (string, bool) {
	if raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}
