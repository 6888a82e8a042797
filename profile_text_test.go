package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// invisibleTexts show nothing.
var invisibleTexts = []string{
	"\u200b", "\u200b\u200d", "\u200c", "\ufeff", "\u00ad", "\u034f", "\u2060", "\u200e\u200f", "\u061c", "\ufe0f", "\U000e0061",
	"\u115f\u1160", "\u3164", "\uffa0", "\u17b4", "\u180e", "\u2800", "\u200b \u200b", "\U0001d159", "\U00013430", "\ufff9\ufffb",
}

// registerText registers a user with r, whose address and password it sets.
func registerText(t *testing.T, fields []signup.ProfileField, r signup.Registration) (signup.User, error) {
	t.Helper()
	a := newAccounts()
	a.Fields = fields
	r.Email, r.Password = "ada@example.org", goodPassword
	return a.Register(t.Context(), r)
}

func TestNamesAreVisible(t *testing.T) {
	refused := append([]string{
		"Ada\u202eLovelace", "Ada\u202a", "\u2066Ada\u2069", "Ada\u202c", "Ada\u2067x", // overrides, embeddings, isolates
		"Ada\u2028Lovelace", "Ada\u2029Lovelace", "Ada\nLovelace", "Ada\r\nBcc: x@example.org", "Ada\u0085x", "Ada\vx", "Ada\fx",
		"Ada\x00", "\x00", "Ada\tLovelace", "Ada\x1b[31m", "Ada\x7f", "Ada\u009bx",
	}, invisibleTexts...)
	for _, name := range refused {
		for _, r := range []signup.Registration{{FirstName: name}, {LastName: name}} {
			if _, err := registerText(t, nil, r); !errors.Is(err, signup.ErrInvalid) || !strings.Contains(err.Error(), "t_name: ") {
				t.Errorf("Register with the name %+q returned %v, want first_name or last_name refused", name, err)
			}
		}
	}
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" \u3000\t", ""},
		{"  Ada \r\n", "Ada"},
		{"Ada  King", "Ada  King"},
		{"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"}, // Persian
		{"\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"},                                                 // Devanagari
		{"\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"},                                             // emoji
		{"\u2764\ufe0f", "\u2764\ufe0f"},
		{"\u05d0\u200e!", "\u05d0\u200e!"}, // a mark, which only affects its neighbours
		{"\u0600\u0661", "\u0600\u0661"},   // an Arabic number sign, a visible format character
		{"O\u2019Neil-Smith", "O\u2019Neil-Smith"},
	} {
		u, err := registerText(t, nil, signup.Registration{FirstName: c.in, LastName: c.in})
		if err != nil || u.FirstName != c.want || u.LastName != c.want {
			t.Errorf("Register with the name %+q returned the names %+q and %+q, %v; want %+q twice, nil", c.in, u.FirstName, u.LastName, err, c.want)
		}
	}
}

func TestRequiredFieldsAreVisible(t *testing.T) {
	for _, multiline := range []bool{false, true} {
		fields := []signup.ProfileField{{Name: "company", Required: true, Multiline: multiline}}
		optional := []signup.ProfileField{{Name: "company", Multiline: multiline, Validate: refuseAll}}
		for _, value := range append([]string{"", " ", "\u00a0\u3000", "\n\n", "\u2028", "\x00"}, invisibleTexts...) {
			r := signup.Registration{Profile: map[string]string{"company": value}}
			if _, err := registerText(t, fields, r); err == nil || err.Error() != "signup: invalid company: required" {
				t.Errorf("Register with company %+q returned %v, want company: required", value, err)
			}
			if u, err := registerText(t, optional, r); err != nil || u.Profile != nil {
				t.Errorf("Register with an optional company %+q returned the profile %+q, %v; want none, nil", value, u.Profile, err)
			}
		}
	}
}

func TestFieldsAreLines(t *testing.T) {
	for _, c := range []struct {
		value      string
		line       string // as stored, "" if refused
		multilines string // as stored with Multiline, "" if refused
	}{
		{"Analytical Engines", "Analytical Engines", "Analytical Engines"},
		{"  Analytical Engines\n", "Analytical Engines", "  Analytical Engines\n"},
		{"a\nb", "", "a\nb"},
		{"a\r\nb", "", "a\r\nb"},
		{"a\tb", "", "a\tb"},
		{"a\u2028b", "", "a\u2028b"},
		{"a\u0085b", "", "a\u0085b"},
		{"a\u202eb", "", "a\u202eb"},
		{"a\x00b", "", ""},
		{"a\x1bb", "", ""},
		{"a\n\x00", "", ""},
		{"\xff", "", ""},
		{"a\u200cb", "a\u200cb", "a\u200cb"},
	} {
		for _, field := range []struct {
			multiline bool
			want      string
		}{{false, c.line}, {true, c.multilines}} {
			fields := []signup.ProfileField{{Name: "about", Multiline: field.multiline}}
			u, err := registerText(t, fields, signup.Registration{Profile: map[string]string{"about": c.value}})
			switch {
			case field.want == "" && (err == nil || !strings.HasPrefix(err.Error(), "signup: invalid about: ")):
				t.Errorf("Multiline %t: Register with %+q returned %v, want about refused", field.multiline, c.value, err)
			case field.want != "" && (err != nil || u.Profile["about"] != field.want):
				t.Errorf("Multiline %t: Register with %+q returned %+q, %v; want %+q, nil", field.multiline, c.value, u.Profile["about"], err, field.want)
			}
		}
	}
}

func refuseAll(context.Context, string) error {
	return errors.New("called for a value that counts as none")
}
