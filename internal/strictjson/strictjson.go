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

// A problem is an error whose text is for the client.
func problem(format string, args ...any) error { return fmt.Errorf(format, args...) }

// Object returns the members of the JSON object in data. If data isn't one, the
// error says why, in words for the client: it names the place and may quote a
// member's name, but no value.
func Object(data []byte) (members map[string]json.RawMessage, err error) {
	if at := invalidUTF8(data); at >= 0 {
		return nil, problem("The request's body is not UTF-8 at byte %d.", at)
	}
	if err := json.Unmarshal(data, &members); err != nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, problem("The request's body must be a JSON object.")
		}
		at := int64(len(data))
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = e.Offset
		}
		return nil, problem("The request's body is not valid JSON at byte %d.", at)
	}
	if members == nil {
		return nil, problem("The request's body must be a JSON object.")
	}
	if hasLoneSurrogate(data) {
		return nil, problem("The request's JSON escapes one half of a surrogate pair without the other.")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // a Number can't overflow
	if name, ok := repeatedName(dec); ok {
		return nil, problem("The request's JSON has the name %s twice in an object.", quoteShort(name))
	}
	return members, nil
}

// repeatedName reads one valid value and returns a name that occurs twice in one
// of its objects.
func repeatedName(dec *json.Decoder) (name string, ok bool) {
	token, err := dec.Token()
	if err != nil || token != json.Delim('{') && token != json.Delim('[') {
		return "", false
	}
	var seen map[string]bool
	if token == json.Delim('{') {
		seen = make(map[string]bool)
	}
	for dec.More() {
		if seen != nil {
			token, _ := dec.Token()
			name, _ := token.(string)
			if seen[name] {
				return name, true
			}
			seen[name] = true
		}
		if name, ok := repeatedName(dec); ok {
			return name, true
		}
	}
	_, _ = dec.Token() // the end of the object or array
	return "", false
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
