package signup_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/gosignup/signup"
)

// secrets are parts of the values in the tables below that no form may show, with
// their hexadecimal and Base64 forms.
func secrets() []string {
	var all []string
	for _, s := range []string{"Ada@example.org", "example.org", "Lovelace", "Analytical", "correct horse", secretHash, "stamp-1", "private-1", "version-1", "cookie-1", "192.0.2.1", "Firefox"} {
		all = append(all, s, fmt.Sprintf("%x", s), fmt.Sprintf("%X", s), fmt.Sprintf("% d", []byte(s))[1:len(s)])
	}
	return all
}

func secretUser() signup.User {
	u := ada()
	u.SecurityStamp, u.Private, u.Version = "stamp-1", "private-1", "version-1"
	return u
}

func secretRegistration() signup.Registration {
	return signup.Registration{
		Email: "Ada@example.org", Password: "correct horse battery", FirstName: "Ada", LastName: "Lovelace",
		Profile: map[string]string{"company": "Analytical Engines"}, IdempotencyKey: "correct horse key 1815",
	}
}

func secretSession() signup.Session {
	return signup.Session{Key: "ada@example.org", ID: "id-1", Stamp: "stamp-1", Device: "device-1", By: signup.ByPassword, Remember: true}
}

func fieldError() signup.FieldError {
	return signup.FieldError{Field: "email_address", Code: "invalid", Message: "'Ada@example.org' is not valid 'email_address'.", Value: "Ada@example.org"}
}

// An encoder shows a value in one way.
type encoder struct {
	name string
	show func(any) (string, error)
}

func encoders() []encoder {
	all := []encoder{
		{"json", func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err }},
		{"xml", func(v any) (string, error) { b, err := xml.Marshal(v); return string(b), err }},
		{"gob", func(v any) (string, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.String(), err
		}},
		{"text/template", func(v any) (string, error) {
			var b strings.Builder
			err := template.Must(template.New("").Parse("{{.}} {{printf `%+v %q` . .}}")).Execute(&b, v)
			return b.String(), err
		}},
		{"html/template", func(v any) (string, error) {
			var b strings.Builder
			err := htmltemplate.Must(htmltemplate.New("").Parse("<p title='{{.}}'>{{.}}</p>")).Execute(&b, v)
			return b.String(), err
		}},
		{"fmt.Sprint", func(v any) (string, error) { return fmt.Sprint(v), nil }},
		{"%T", func(v any) (string, error) { return fmt.Sprintf("%T", v), nil }},
	}
	for _, verb := range []string{"v", "+v", "#v", "s", "10s", "q", "+q", "d", "x", "X", "#x", "o", "b", "c", "U", "t", "e", "g", "z"} {
		all = append(all, encoder{"%" + verb, func(v any) (string, error) { return fmt.Sprintf("%"+verb, v), nil }})
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		all = append(all, encoder{"slog " + name, func(v any) (string, error) {
			var b bytes.Buffer
			l := slog.New(handler(&b))
			l.With("with", v).WithGroup("g").Info("x", slog.Any("any", v), slog.Group("group", "v", v, slog.Group("inner", "v", v)))
			return b.String(), nil
		}})
	}
	return all
}

// containers returns v in the places where programs have values.
func containers[T any](v T) map[string]any {
	type named struct{ V T }
	type deep struct{ All []map[string]named }
	type pointers struct{ All []map[string]*named }
	p := &v
	return map[string]any{
		"value": v, "pointer": p, "pointer to a pointer": &p, "slice": []T{v}, "slice of pointers": []*T{&v}, "array": [1]T{v},
		"map": map[string]T{"a": v}, "map of pointers": map[string]*T{"a": &v}, "struct": named{v}, "pointer to a struct": &named{v},
		"struct of pointers": struct{ V *T }{&v}, "any": []any{v, &v}, "struct of any": struct{ V any }{v},
		"deep": deep{[]map[string]named{{"a": {v}}}}, "deep pointers": pointers{[]map[string]*named{{"a": {v}}}},
	}
}

// No form of a value has a password, hash, address or name, except those that the
// documentation names. Each one shows what it is documented to show.
func TestRedaction(t *testing.T) {
	validation := &signup.ValidationError{Fields: []signup.FieldError{fieldError()}}
	short := []string{"id-1"}
	a := &signup.Accounts{Fields: []signup.ProfileField{{Name: "company"}}}
	for _, c := range []struct {
		name       string
		containers map[string]any
		shown      []string
		// visible reports whether the form is documented to have all fields.
		visible func(encoder, container string) bool
	}{
		{"User", containers(secretUser()), short, func(encoder, _ string) bool { return encoder == "gob" }},
		{"Registration", containers(secretRegistration()), []string{"[redacted]"}, nil},
		{"Session", containers(secretSession()), []string{"id-1", "device-1"}, func(encoder, container string) bool {
			isSession := container == "value" || container == "pointer"
			return encoder == "json" || encoder == "xml" || encoder == "gob" || encoder == "slog JSON" && !isSession
		}},
		{"Client", containers(signup.Client{Cookie: "cookie-1", Origin: "192.0.2.1", Label: "Firefox"}), []string{"[redacted]"}, nil},
		{"DeviceInfo", containers(signup.DeviceInfo{ID: "id-1", Label: "Firefox", Current: true}), short, func(encoder, container string) bool {
			isInfo := container == "value" || container == "pointer"
			return encoder == "json" || encoder == "xml" || encoder == "gob" || encoder == "slog JSON" && !isInfo
		}},
		{"Hash", containers(secretUser().PasswordHash), []string{"[redacted]"}, nil},
		{"ValidationError", containers(validation), []string{"signup: invalid email_address: invalid"}, func(encoder, _ string) bool { return encoder == "gob" }},
		{"wrapped ValidationError", containers(fmt.Errorf("wrapped: %w", validation)), nil, func(encoder, _ string) bool {
			// Verbs that don't fit an error show what it wraps, without its methods.
			return slices.Contains([]string{"%c", "%U", "%t", "%e", "%g", "%z", "%b", "%d", "%o"}, encoder)
		}},
		{"FieldError", containers(fieldError()), []string{"signup: invalid email_address: invalid"}, func(encoder, container string) bool {
			isError := container == "value" || container == "pointer"
			return encoder == "json" || encoder == "xml" || encoder == "gob" || encoder == "slog JSON" && !isError
		}},
		{"Message", containers(fieldError().AsMessage()), []string{"invalid"}, func(encoder, container string) bool {
			isMessage := container == "value" || container == "pointer"
			return encoder == "json" || encoder == "xml" || encoder == "gob" || encoder == "slog JSON" && !isMessage
		}},
		{"PublicUser", containers(a.Public(secretUser())), short, func(encoder, container string) bool {
			isUser := container == "value" || container == "pointer"
			return encoder == "json" || encoder == "xml" || encoder == "gob" || encoder == "slog JSON" && !isUser
		}},
	} {
		for container, v := range c.containers {
			for _, e := range encoders() {
				got, err := e.show(v)
				if container == "deep pointers" && !fitsPointers(e.name) {
					continue // fmt calls no methods then, as Hash says
				}
				if c.visible != nil && c.visible(e.name, container) {
					continue
				}
				for _, secret := range secrets() {
					if strings.Contains(got, secret) {
						t.Errorf("%s, %s, %s: got %q, want no %q", c.name, container, e.name, got, secret)
						break
					}
				}
				if err != nil || e.name == "%T" || e.name == "gob" || strings.Contains(container, "pointer") && (container != "pointer" || c.name == "ValidationError") || strings.HasPrefix(container, "deep") || container == "any" {
					continue // it has no such form, or fmt shows a pointer's address
				}
				for _, part := range c.shown {
					if !strings.Contains(strings.ReplaceAll(got, "&#34;", `"`), part) && e.name != "xml" {
						t.Errorf("%s, %s, %s: got %q, want %q in it", c.name, container, e.name, got, part)
					}
				}
			}
		}
	}
}

// fitsPointers reports whether an encoder has a form for pointers within a value.
func fitsPointers(encoder string) bool {
	switch encoder {
	case "%v", "%+v", "%#v", "fmt.Sprint", "html/template":
		return true
	}
	return !strings.HasPrefix(encoder, "%") && encoder != "text/template"
}

// What is for the client is complete.
func TestRedactionLeavesWireForms(t *testing.T) {
	got, err := json.Marshal([]signup.FieldError{fieldError()})
	const want = `[{"field":"email_address","code":"invalid","message":"'Ada@example.org' is not valid 'email_address'.","value":"Ada@example.org"}]`
	if decoded := strings.ReplaceAll(string(got), `\u0027`, "'"); err != nil || decoded != want {
		t.Errorf("json.Marshal returned %s, %v; want %s, nil", got, err, want)
	}
	validation := &signup.ValidationError{Fields: []signup.FieldError{fieldError()}}
	if got, err := json.Marshal(validation); err != nil || string(got) != `"signup: invalid email_address: invalid"` {
		t.Errorf("json.Marshal of a ValidationError returned %s, %v; want its Error, nil", got, err)
	}
	if err := fmt.Errorf("wrapped: %w", fieldError()); err.Error() != "wrapped: signup: invalid email_address: invalid" {
		t.Errorf("fmt.Errorf returned %q, want the field and code", err)
	}
	for _, p := range []any{new(signup.User), new(signup.Registration), new(signup.FieldError)} {
		if got := fmt.Sprintf("%p", p); !strings.HasPrefix(got, "0x") {
			t.Errorf("%%p of a %T is %q, want an address", p, got)
		}
	}
	var noField *signup.FieldError
	var noErrors *signup.ValidationError
	if got := fmt.Sprintf("%v %v", noField, noErrors); got != "<nil> <nil>" {
		t.Errorf("%%v of nil pointers is %q, want <nil> twice", got)
	}
}
