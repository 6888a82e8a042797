package signup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// read returns the registration that r asks for, or the answer that says why
// there is none.
func (h *handler) read(w http.ResponseWriter, r *http.Request) (Registration, *answer) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return Registration{}, noJSON
	}
	body, wrong := h.readBody(w, r)
	if wrong != nil {
		return Registration{}, wrong
	}
	if len(body) == 0 {
		return Registration{}, noJSON
	}
	members, problem := parseObject(body)
	if problem != "" {
		return Registration{}, badRequest(problem)
	}
	reg, wrong := h.accounts.registration(members)
	if wrong != nil {
		return Registration{}, wrong
	}
	key, bad := idempotencyKey(r.Header)
	if bad != nil {
		return Registration{}, &answer{status: http.StatusBadRequest, message: bad.Message, fields: []FieldError{*bad}}
	}
	reg.IdempotencyKey = key
	return reg, nil
}

var noJSON = &answer{status: http.StatusBadRequest, message: "Content-Type: 'application/json' required"}

func badRequest(message string) *answer {
	ans := httpError(http.StatusBadRequest)
	ans.message = message
	return &ans
}

func isJSON(contentType string) bool {
	const wanted = "application/json"
	if contentType == wanted { // as nearly always, without a map of its parameters
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	return mediaType == wanted && (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter))
}

func (h *handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *answer) {
	over := r.ContentLength > h.MaxBodyBytes
	var body []byte
	var err error
	if !over {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, h.MaxBodyBytes))
		if err != nil {
			_, over = errors.AsType[*http.MaxBytesError](err)
		}
	}
	if over {
		tooLong := httpError(http.StatusRequestEntityTooLarge)
		tooLong.message = fmt.Sprintf("The request's body must be at most %d bytes long.", h.MaxBodyBytes)
		// Or the server would read on, where another ResponseWriter is
		// between that MaxBytesReader doesn't know.
		w.Header().Set("Connection", "close")
		return nil, &tooLong
	}
	if err != nil {
		return nil, badRequest("The request's body could not be read to its end.")
	}
	return body, nil
}

// registration takes the members that a registration has, drops the others,
// and refuses those that are not strings.
func (a *Accounts) registration(members map[string]json.RawMessage) (Registration, *answer) {
	var reg Registration
	var wrong []FieldError
	take := func(name string) (s string) {
		raw, ok := members[name]
		if !ok || string(raw) == "null" {
			return ""
		}
		s, ok = text(raw)
		if !ok {
			wrong = append(wrong, FieldError{name, "type", "'" + name + "' must be a string."})
		}
		return s
	}
	reg.Email = take(fieldEmail)
	reg.Password = take(fieldPassword)
	reg.FirstName = take(fieldFirstName)
	reg.LastName = take(fieldLastName)
	if len(a.Fields) > 0 {
		reg.Profile = make(map[string]string, len(a.Fields))
		for _, f := range a.Fields {
			reg.Profile[f.Name] = take(f.Name)
		}
	}
	if len(wrong) > 0 {
		return Registration{}, &answer{status: http.StatusBadRequest, message: wrong[0].Message, fields: wrong}
	}
	return reg, nil
}

// text returns the text that raw, which is valid JSON, is, if it is one.
func text(raw json.RawMessage) (string, bool) {
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

// colons counts the colons of valid JSON outside of its texts: the members of all
// its objects.
func colons(data []byte) (n int) {
	inText := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			inText = !inText
		case c == '\\':
			i++
		case c == ':' && !inText:
			n++
		}
	}
	return n
}

// parseObject returns the members of the JSON object in data, or what the
// client should know is wrong with it. It is as strict as I-JSON (RFC 7493):
// UTF-8 without lone surrogates, lest two texts are taken for one, and no name
// twice in an object, lest two readers see two values.
func parseObject(data []byte) (members map[string]json.RawMessage, problem string) {
	if at := invalidUTF8(data); at >= 0 {
		return nil, fmt.Sprintf("The request's body is not UTF-8 at byte %d.", at)
	}
	if err := json.Unmarshal(data, &members); err != nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, "The request's body must be a JSON object."
		}
		at := int64(len(data))
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = e.Offset
		}
		return nil, fmt.Sprintf("The request's body is not valid JSON at byte %d.", at)
	}
	if members == nil {
		return nil, "The request's body must be a JSON object."
	}
	if hasLoneSurrogate(data) {
		return nil, "The request's JSON escapes one half of a surrogate pair without the other."
	}
	if colons(data) != len(members) { // else each has another name, and none is in another object
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber() // which can't overflow
		if name, ok := repeatedName(dec); ok {
			return nil, "The request's JSON has the name " + quoteShort(name) + " twice in an object."
		}
	}
	return members, ""
}

// repeatedName reads one valid value and returns a name that stands twice in
// one of its objects.
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
