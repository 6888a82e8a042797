package signup_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

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
		{signup.FieldError{Field: "nick", Code: "own"}, "'nick' is not acceptable."},
		{signup.FieldError{}, "This is not acceptable."},
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
