package signup

import (
	"errors"
	"io"
	"math"
	"net/http"
	"slices"

	"github.com/gosignup/signup/internal/mediatype"
	"github.com/gosignup/signup/internal/strictjson"
)

// read sets the members of the request, if it is admitted.
func (e *endpoint) read(q *request) error {
	if e.isGet {
		return e.admit(q)
	}
	if err := e.checkHeader(&q.w, q.r); err != nil {
		return err
	}
	// A refused request's body is not read here. After the response, net/http
	// reads up to 256 KiB of it and keeps the connection, which is cheaper than a
	// new one, or closes the connection if more is left or if the client waits
	// for "100 Continue".
	if err := e.admit(q); err != nil {
		return err
	}
	body, err := e.readBody(&q.w, q.r)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return errNotJSON
	}
	members, err := strictjson.Object(body)
	if err != nil {
		return badRequest(malformed(jsonMessage(err)))
	}
	q.in, err = e.texts(members)
	return err
}

// checkHeader returns the error for a request whose header shows that its body
// can't be accepted.
func (e *endpoint) checkHeader(w http.ResponseWriter, r *http.Request) error {
	if !mediatype.Is(r.Header["Content-Type"], mediatype.JSON) {
		return errNotJSON
	}
	if !mediatype.IsIdentity(r.Header["Content-Encoding"]) {
		w.Header().Set("Accept-Encoding", "identity") // RFC 9110, section 12.5.3
		return errEncoded
	}
	if r.ContentLength > e.opts.MaxBodyBytes {
		return tooLong(w, e.opts.MaxBodyBytes)
	}
	return nil
}

// readBody returns the body, if it isn't too long.
func (e *endpoint) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A client that announces more sends it before it takes more memory.
	announced := int(min(max(r.ContentLength, 0), 4<<10))
	b, err := readAll(http.MaxBytesReader(w, r.Body, e.opts.MaxBodyBytes), announced)
	// The limit may be that of a handler around this one.
	if tooMany, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLong(w, tooMany.Limit)
	}
	if err != nil {
		return nil, badRequest(malformed(Message{Code: CodeBodyUnreadable}))
	}
	return b, nil
}

// readAll is io.ReadAll for a text of about size bytes, with no more memory than that.
func readAll(r io.Reader, size int) ([]byte, error) {
	b := make([]byte, 0, size+1) // the last read needs room to see the end
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		b = slices.Grow(b, 1)
	}
}

// tooLong returns the error for a body longer than limit, and makes the server
// close the connection. Otherwise the server would read on if there is another
// ResponseWriter in between, which MaxBytesReader doesn't know.
func tooLong(w http.ResponseWriter, limit int64) error {
	w.Header().Set("Connection", "close")
	m := Message{Code: CodeBodyTooLong, Max: int(min(limit, math.MaxInt))}
	return badRequest(httpError(http.StatusRequestEntityTooLarge, m))
}

// texts are members of a request by their names. It is a list, as a request has few.
type texts []text

type text struct{ name, value string }

// get returns the value of the member with a name, or "".
func (t texts) get(name string) string {
	for _, m := range t {
		if m.name == name {
			return m.value
		}
	}
	return ""
}

// profile returns the members that aren't built-in fields.
func (t texts) profile() (profile map[string]string) {
	for _, m := range t {
		switch m.name {
		case FieldEmail, FieldPassword, FieldFirstName, FieldLastName:
		default:
			if profile == nil {
				profile = make(map[string]string, len(t))
			}
			profile[m.name] = m.value
		}
	}
	return profile
}

// texts returns the members that e uses, or a *ValidationError of those of another type.
func (e *endpoint) texts(members strictjson.Members) (texts, error) {
	in := make(texts, 0, len(e.fields))
	var wrong []FieldError
	for _, name := range e.fields {
		raw := members.Get(name)
		switch {
		case raw == nil:
		case string(raw) == "null":
			if e.keepNull {
				in = append(in, text{name, ""})
			}
		default:
			value, ok := strictjson.Text(raw)
			if in = append(in, text{name, value}); !ok {
				wrong = append(wrong, *inEnglish(FieldError{Field: name, Code: CodeType}))
			}
		}
	}
	for _, name := range e.booleans {
		switch string(members.Get(name)) {
		case "true":
			in = append(in, text{name, "true"})
		case "", "false", "null":
		default:
			wrong = append(wrong, *inEnglish(FieldError{Field: name, Code: CodeType, Value: typeBoolean}))
		}
	}
	if len(wrong) > 0 {
		return nil, &ValidationError{Fields: wrong}
	}
	return in, nil
}

// errNotJSON keeps the tutorial's status and message.
var errNotJSON = badRequest(response{
	status: http.StatusBadRequest, message: Message{Code: CodeNotJSON},
})

var errEncoded = badRequest(httpError(http.StatusUnsupportedMediaType, Message{Code: CodeContentEncoding}))

// malformed returns the response to a request that can't be read.
func malformed(m Message) response { return httpError(http.StatusBadRequest, m) }

// jsonMessage returns what err, an error of package strictjson, says.
func jsonMessage(err error) Message {
	e, ok := errors.AsType[*strictjson.Error](err)
	if !ok {
		panic(err) // the package has no other errors
	}
	code := map[strictjson.Problem]string{
		strictjson.WideEncoding:     CodeJSONEncoding,
		strictjson.NotUTF8:          CodeJSONNotUTF8,
		strictjson.Incomplete:       CodeJSONIncomplete,
		strictjson.Syntax:           CodeJSONSyntax,
		strictjson.LoneSurrogate:    CodeJSONSurrogate,
		strictjson.NotObject:        CodeJSONNotObject,
		strictjson.TooManyMembers:   CodeJSONTooManyMembers,
		strictjson.TooDeep:          CodeJSONTooDeep,
		strictjson.RepeatedName:     CodeJSONRepeatedName,
		strictjson.RepeatedLongName: CodeJSONRepeatedLongName,
	}[e.Problem]
	return Message{Code: code, Max: e.Max, Value: e.Value}
}
