package signup_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// notByHandlers are the codes that no handler sends: JSON is UTF-8.
var notByHandlers = []string{signup.CodeNotUTF8}

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
		case "code": // of NewAPI
			if first := cmp.Or(members["message"], members["detail"]); strings.HasPrefix(fmt.Sprint(first), "⟦") && first != bracketed(text) {
				t.Errorf("got the code %q of the text %q, want its own", text, first)
			}
		case "success", "status", "errors", "user", "events":
		default:
			t.Errorf("got the member %s, want only those of the two forms", name)
		}
	}
	var fields []string
	list, _ := members["errors"].([]any)
	for _, e := range list {
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
