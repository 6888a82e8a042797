package signup

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
)

// A Message is something that a client is to be shown, before it becomes text in the
// user's language. Messages may be compared with ==.
//
// fmt and log/slog show only its Code. JSON and other encodings have all fields.
type Message struct {
	// Code is one of the Code constants, or the code of a FieldError of the
	// application's own. It determines which of the other fields are set.
	Code string
	// Field is the field of the input that the message is about, as in [FieldError].
	// It is empty for a message about the whole request.
	Field string
	// Min and Max are limits. The unit depends on the Code.
	Min, Max int
	// Value is the text that the message quotes, such as the address as typed. It may
	// have any characters, so a page has to escape it. It is never a password.
	Value string
	// Character is a character that the message quotes, such as "U+200B".
	Character string
	// English is the text in English. For an application's own FieldError, it is the
	// FieldError's Message.
	English string
}

// Format writes "message" and the code for every verb that calls it.
func (m Message) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "message "+m.Code) }

// LogValue returns the code.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.Code) }

// AsMessage returns what e says, to be translated. English is e.Message or, if that is
// empty, the text of e.Code, or that of [CodeUnacceptable] if this package has no such code.
//
// The handlers do this by themselves ([HandlerOptions].Translate). It is for
// applications that show the Fields of a [ValidationError] in pages of their own.
func (e FieldError) AsMessage() Message {
	m := Message{Code: e.Code, Field: e.Field, Min: e.Min, Max: e.Max, Value: e.Value, Character: e.Character}
	m.English = cmp.Or(e.Message, m.english(), Message{Code: CodeUnacceptable, Field: e.Field}.english())
	return m
}

// inEnglish returns e with the English text of its code. Each FieldError of this
// package is made by it.
func inEnglish(e FieldError) *FieldError {
	e.Message = e.AsMessage().English
	return &e
}

// A wording decides in which language responses are.
type wording struct {
	translate func(languages []string, m Message) string // nil: English
	logger    *slog.Logger                               // gets its panics; nil: slog.Default()
	codes     bool                                       // responses have the code of their message
}

// text returns the texts of res for r: that of its message, and its fields with
// theirs. If it has fields, the message is that of the first one.
func (w wording) text(r *http.Request, res response) (message string, fields []FieldError) {
	t := translation{wording: w, ctx: r.Context()}
	if w.translate != nil {
		t.languages = acceptedLanguages(r.Header["Accept-Language"])
	}
	if len(res.fields) == 0 {
		m := res.message
		m.English = m.english()
		return t.of(m), nil
	}
	fields = slices.Clone(res.fields) // the ValidationError may be used elsewhere
	for i := range fields {
		fields[i].Message = t.of(fields[i].AsMessage())
	}
	return fields[0].Message, fields
}

// A translation makes the texts of one response.
type translation struct {
	wording
	ctx       context.Context
	languages []string
	panicked  bool
}

// of returns the text of m.
func (t *translation) of(m Message) (text string) {
	if t.translate == nil || t.panicked {
		return m.English
	}
	defer func() {
		if v := recover(); v != nil {
			t.panicked = true // the rest is in English as well, with one record
			text = m.English
			logPanic(t.ctx, cmp.Or(t.logger, slog.Default()), v)
		}
	}()
	if text = t.translate(slices.Clone(t.languages), m); text == "" {
		text = m.English
	}
	return text
}
