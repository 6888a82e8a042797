package signup_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// notByHandlers are the codes that no handler sends: JSON is UTF-8, and no handler
// changes a password.
var notByHandlers = []string{signup.CodeNotUTF8, signup.CodeUnchanged}

// bracketed is a translation that shows the code.
func bracketed(code string) string { return "⟦" + code + "⟧" }

// Every text that a handler sends, with every status and in both forms, has passed
// through Translate. Without Translate, the text is that of Message.English.
func TestEveryTextIsTranslated(t *testing.T) {
	sent := make(map[string]bool)
	for _, c := range messageCases(t) {
		for _, accept := range []string{"", "application/problem+json"} {
			t.Run(c.name+" "+accept, func(t *testing.T) {
				ask := func(translate translateFunc) *http.Response {
					r := c.request()
					r.Header.Set("Accept", accept)
					r.Header.Set("Accept-Language", "de-AT, fr;q=0.5")
					return send(c.serve(t, translate), r)
				}
				var messages []signup.Message
				res := ask(func(languages []string, m signup.Message) string {
					if !slices.Equal(languages, []string{"de-AT", "fr"}) {
						t.Errorf("Translate got the languages %q, want de-AT and fr", languages)
					}
					messages = append(messages, m)
					sent[m.Code] = true
					return bracketed(m.Code)
				})
				if vary := res.Header.Values("Vary"); !slices.Contains(vary, "Accept-Language") || res.Header.Get("Content-Language") != "" {
					t.Errorf("got Vary %q, Content-Language %q; want Accept-Language in Vary and no Content-Language", vary, res.Header.Get("Content-Language"))
				}
				want := make([]string, 0, 2)
				for code := range strings.FieldsSeq(c.codes) {
					want = append(want, bracketed(code))
				}
				if got := shownTexts(t, res, c.status); !slices.Equal(got, want) {
					t.Errorf("got the texts %q, want %q", got, want)
				}
				res = ask(nil)
				if vary := res.Header.Values("Vary"); slices.Contains(vary, "Accept-Language") {
					t.Errorf("got Vary %q without Translate, want no Accept-Language", vary)
				}
				want = want[:0]
				for _, m := range messages {
					want = append(want, m.English)
				}
				if got := shownTexts(t, res, c.status); !slices.Equal(got, want) {
					t.Errorf("got the texts %q without Translate, want those of English: %q", got, want)
				}
			})
		}
	}
	for _, code := range pageCodes(t) {
		if !sent[code] && !slices.Contains(notByHandlers, code) {
			t.Errorf("no case has a response with the code %s, want one", code)
		}
	}
}

// shownTexts returns the texts of a response for the user: the message or detail, if
// there are no errors, or the messages of the errors. It checks that there is no other
// text than names, codes and parameters.
func shownTexts(t *testing.T, res *http.Response, status int) []string {
	t.Helper()
	body := readAll(t, res)
	if res.StatusCode != status {
		t.Errorf("got status %d, want %d; body %s", res.StatusCode, status, body)
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatalf("decoding the body %q returned %v, want nil", body, err)
	}
	var texts []string
	for name, value := range members {
		text, _ := value.(string)
		switch name {
		case "message", "detail":
			texts = append(texts, text)
		case "title":
			if text != http.StatusText(status) {
				t.Errorf("got the title %q, want the name of the status", text)
			}
		case "error":
			if !strings.HasSuffix(text, ": "+http.StatusText(status)) {
				t.Errorf("got the error %q, want the name of the status", text)
			}
		case "success", "status", "errors":
		default:
			t.Errorf("got the member %s, want only those of the two forms", name)
		}
	}
	var fields []string
	errors, _ := members["errors"].([]any)
	for _, e := range errors {
		for name, value := range e.(map[string]any) {
			switch name {
			case "message":
				fields = append(fields, value.(string))
			case "field", "code", "min", "max", "value", "character":
			default:
				t.Errorf("got the member %s of an error, want only those of FieldError", name)
			}
		}
	}
	if len(texts) != 1 || len(fields) > 0 && texts[0] != fields[0] {
		t.Errorf("got the messages %q and those of the errors %q, want one, which is the first error's", texts, fields)
	}
	if len(fields) > 0 {
		return fields
	}
	return texts
}

// The codes that no handler sends are those of Messages all the same.
func TestCodesWithoutHandlers(t *testing.T) {
	a := messageAccounts(t)
	sent := make(map[string]signup.FieldError)
	for _, c := range []struct{ email, old, new string }{
		{"ada@example.org", goodPassword, goodPassword},
		{"ada@example.org", goodPassword, "correct horse \xff"},
	} {
		_, err := a.ChangePassword(t.Context(), c.email, c.old, c.new)
		var v *signup.ValidationError
		if !errors.As(err, &v) {
			t.Fatalf("ChangePassword returned %v, want a *ValidationError", err)
		}
		sent[v.Fields[0].Code] = v.Fields[0]
	}
	for _, code := range notByHandlers {
		m := sent[code].AsMessage()
		if m.Code != code || m.Field != signup.FieldPassword || m.English == "" || m.English != sent[code].Message {
			t.Errorf("got the Message %#v of %s, English %q; want the code, the password and the FieldError's text", m, code, m.English)
		}
	}
}

// A translation that is empty, or a Translate that panics, leaves the rest in English.
func TestTranslateFails(t *testing.T) {
	english := []string{"'email_address' is required.", "'password' is required."}
	for _, c := range []struct {
		name      string
		translate translateFunc
		want      []string
		panics    int
	}{
		{"empty", func([]string, signup.Message) string { return "" }, english, 0},
		{"empty for one", func(_ []string, m signup.Message) string {
			return map[string]string{"email_address": "Bitte angeben."}[m.Field]
		}, []string{"Bitte angeben.", english[1]}, 0},
		{"panics", func(_ []string, m signup.Message) string { panic(m) }, english, 1},
		{"panics at the second", func(_ []string, m signup.Message) string {
			if m.Field == "password" {
				panic("ada@example.org")
			}
			return "Bitte angeben."
		}, []string{"Bitte angeben.", english[1]}, 1},
		{"changes the languages", func(languages []string, m signup.Message) string {
			if languages[0] != "de" {
				t.Errorf("got the languages %q, want de and fr", languages)
			}
			languages[0] = "x"
			return m.Code
		}, []string{"required", "required"}, 0},
	} {
		l, logged := newLog(t)
		r := signUp(strings.NewReader("{}"))
		r.Header.Set("Accept-Language", "de, fr")
		res := send(signup.NewHandler(newAccounts(), &signup.HandlerOptions{Logger: l, Translate: c.translate}), r)
		if got := shownTexts(t, res, 400); !slices.Equal(got, c.want) {
			t.Errorf("%s: got the texts %q, want %q", c.name, got, c.want)
		}
		if got := strings.Count(logged.String(), "signup: panic"); got != c.panics || strings.Contains(logged.String(), "ada@example.org") {
			t.Errorf("%s: logged %d panics, want %d, without the panic's value; the log is %s", c.name, got, c.panics, logged)
		}
	}
}

// A Translate can cut the connection, as a handler can.
func TestTranslateAborts(t *testing.T) {
	abort := func([]string, signup.Message) string { panic(http.ErrAbortHandler) }
	for name, h := range map[string]http.Handler{
		"NewHandler": signup.NewHandler(newAccounts(), &signup.HandlerOptions{Logger: quiet.Logger, Translate: abort}),
		"JSONErrors": signup.JSONErrors(http.NotFoundHandler(), &signup.JSONErrorsOptions{Logger: quiet.Logger, Translate: abort}),
	} {
		func() {
			defer func() {
				if v := recover(); v != http.ErrAbortHandler {
					t.Errorf("%s panicked with %v, want http.ErrAbortHandler", name, v)
				}
			}()
			post(h, "{}")
		}()
	}
}

// A translation leaves the FieldErrors of the application as they are.
func TestTranslateChangesNoValidationError(t *testing.T) {
	own := &signup.ValidationError{Fields: []signup.FieldError{{Field: "password", Code: "own", Message: "My message.", Min: 3}}}
	a := failing(func(context.Context, *signup.User) error { return own })
	var got signup.Message
	h := signup.NewHandler(a, &signup.HandlerOptions{Logger: quiet.Logger, Translate: func(_ []string, m signup.Message) string {
		got = m
		return "Meine Meldung."
	}})
	if texts := shownTexts(t, post(h, adaBody), 400); !slices.Equal(texts, []string{"Meine Meldung."}) {
		t.Errorf("got the texts %q, want Meine Meldung.", texts)
	}
	want := signup.Message{Code: "own", Field: "password", Min: 3, English: "My message."}
	if got != want || own.Fields[0].Message != "My message." {
		t.Errorf("Translate got %#v, English %q, and left the message %q; want those of the FieldError", got, got.English, own.Fields[0].Message)
	}
}

// A FieldError without a message gets the text of a code of this package.
func TestAsMessage(t *testing.T) {
	for _, c := range []struct {
		e    signup.FieldError
		want string
	}{
		{signup.FieldError{Field: "password", Code: signup.CodeTooShort, Min: 8}, "'password' must be at least 8 characters long."},
		{signup.FieldError{Field: "nick", Code: signup.CodeInvalid, Value: "{max} {field}"}, "'{max} {field}' is not valid 'nick'."},
		{signup.FieldError{Field: "nick", Code: signup.CodeTooShort, Message: "Longer!"}, "Longer!"},
		{signup.FieldError{Field: "nick", Code: "own"}, ""},
	} {
		m := c.e.AsMessage()
		want := signup.Message{Code: c.e.Code, Field: c.e.Field, Min: c.e.Min, Value: c.e.Value, English: c.want}
		if m != want {
			t.Errorf("AsMessage of %v returned %#v with the text %q, want the text %q", c.e, m, m.English, c.want)
		}
	}
}

// A Message shows only its code to a log.
func TestMessageInLogs(t *testing.T) {
	m := signup.Message{Code: signup.CodeExists, Value: "ada@example.org", English: "'ada@example.org' already exists."}
	l, logged := newLog(t)
	l.Info("x", "message", m, slog.Group("g", "m", m))
	for _, got := range []string{logged.String(), slog.AnyValue(m).Resolve().String()} {
		if strings.Contains(got, "ada@") || !strings.Contains(got, "exists") {
			t.Errorf("the log has %q, want only the code", got)
		}
	}
}
