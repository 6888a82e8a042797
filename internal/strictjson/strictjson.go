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
)

const (
	// MaxDepth is how deep objects and arrays may nest.
	MaxDepth = 32
	// MaxMembers is how many members an object of a request may have.
	MaxMembers = 256
)

// A Format says what is read.
type Format struct {
	// Text and JSON are what the texts of errors call it and its JSON, as the
	// subject of a sentence.
	Text, JSON string
	// MaxMembers is how many members an object may have.
	MaxMembers int
	// Names allows the texts of errors to quote the name of a member.
	Names bool
	// End is the end of a sentence.
	End string
}

var request = Format{"The request's body", "The request's JSON", MaxMembers, true, "."}

// Object returns the members of the JSON object in data, the body of a request. See
// [Format.Object].
func Object(data []byte) (Members, error) { return request.Object(data) }

// Members are those of an object, in their order. It is a list, as a request has few.
type Members []member

type member struct {
	quoted []byte // the name as it is in the text
	value  json.RawMessage
}

// Get returns the value of the member with a name, or nil.
func (m Members) Get(name string) json.RawMessage {
	for _, member := range m {
		if isText(member.quoted, name) {
			return member.value
		}
	}
	return nil
}

// Map returns the values of m by their names.
func (m Members) Map() map[string]json.RawMessage {
	values := make(map[string]json.RawMessage, len(m))
	for _, member := range m {
		name, _ := Text(member.quoted)
		values[name] = member.value
	}
	return values
}

// isText reports whether the text of quoted is s.
func isText(quoted []byte, s string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == s
	}
	text, _ := Text(quoted)
	return text == s
}

// ofText returns e as an error about the text.
func (f *Format) ofText(e Error, format string, args ...any) error {
	e.text = f.Text + fmt.Sprintf(format, args...) + f.End
	return &e
}

// ofJSON returns e as an error about the JSON.
func (f *Format) ofJSON(e Error, format string, args ...any) error {
	e.text = f.JSON + fmt.Sprintf(format, args...) + f.End
	return &e
}

// Object returns the members of the JSON object in data. A byte order mark at
// the start is skipped (RFC 8259, section 8.1). If data isn't an object, the
// error is an *[Error] that says why: its text names the place, where the first byte
// of data is byte 1, and may quote a member's name if f.Names is true, but no value.
//
// The number of allocations is bounded, whatever data contains.
func (f *Format) Object(data []byte) (Members, error) {
	text := TrimBOM(data)
	if err := f.checkUTF8(data, text); err != nil {
		return nil, err
	}
	if !json.Valid(text) {
		return nil, f.invalidJSON(text, len(data)-len(text))
	}
	if hasLoneSurrogate(text) {
		return nil, f.ofJSON(Error{Problem: LoneSurrogate}, " escapes one half of a surrogate pair without the other")
	}
	const usual = 6 // members
	w := walker{format: f, data: text, names: newNameStack(usual)}
	if w.next() != '{' {
		return nil, f.ofText(Error{Problem: NotObject}, " must be a JSON object")
	}
	if err := w.object(1); err != nil {
		return nil, err
	}
	return w.names.members, nil
}

// invalidJSON returns the problem of text, which isn't JSON and begins at offset.
func (f *Format) invalidJSON(text []byte, offset int) error {
	var raw json.RawMessage
	e, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(text, &raw))
	if !ok || e.Error() == "unexpected end of JSON input" {
		return f.ofText(Error{Problem: Incomplete}, " is not valid JSON: it ends too early")
	}
	place := strconv.FormatInt(int64(offset)+e.Offset, 10)
	return f.ofText(Error{Problem: Syntax, Value: place}, " is not valid JSON at byte %s", place)
}

// A walker passes over valid JSON, and so needs to check nothing but what is
// valid and not wanted: repeated names, many members and deep nesting.
type walker struct {
	format *Format
	data   []byte
	at     int
	names  nameStack
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

// object passes over an object, whose members remain on w.names.
func (w *walker) object(depth int) error {
	base := w.names.len()
	w.at++ // the brace
	for w.next() != '}' {
		if w.data[w.at] == ',' {
			w.at++
			continue
		}
		start := w.at
		w.text()
		name := w.data[start:w.at]
		if w.names.len()-base == w.format.MaxMembers {
			e := Error{Problem: TooManyMembers, Max: w.format.MaxMembers}
			return w.format.ofJSON(e, " has an object with more than %d members", e.Max)
		}
		if !w.names.push(name, base) {
			return w.format.repeated(name)
		}
		w.next()
		w.at++ // the colon
		w.next()
		start = w.at
		if err := w.value(depth); err != nil {
			return err
		}
		w.names.setValue(w.data[start:w.at])
	}
	w.at++
	return nil
}

// value passes over a value in an object or array of this depth.
func (w *walker) value(depth int) error {
	switch w.next() {
	case '{', '[':
		if depth == MaxDepth {
			return w.format.ofJSON(Error{Problem: TooDeep, Max: MaxDepth}, " is nested deeper than %d levels", MaxDepth)
		}
		if w.data[w.at] == '{' {
			base := w.names.len()
			defer w.names.truncate(base)
			return w.object(depth + 1)
		}
		return w.array(depth + 1)
	case '"':
		w.text()
	default:
		w.literal()
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

// literal passes over a number, true, false or null.
func (w *walker) literal() {
	for ; w.at < len(w.data); w.at++ {
		switch w.data[w.at] {
		case ' ', '\t', '\n', '\r', ',', ']', '}':
			return
		}
	}
}

// repeated returns the error for a name that an object has twice. Its text has the
// name, or its length if it is long, or neither if names may not be quoted.
func (f *Format) repeated(name []byte) error {
	s, _ := Text(name)
	e, quoted := Error{Problem: RepeatedName, Value: s}, "the name '"+s+"'"
	if len(s) > 64 {
		e = Error{Problem: RepeatedLongName, Value: strconv.Itoa(len(s))}
		quoted = "the name of " + e.Value + " bytes"
	}
	if !f.Names {
		quoted = "a name"
	}
	return f.ofJSON(e, " has %s twice in an object", quoted)
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
