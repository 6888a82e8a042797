package pages_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func TestActivity(t *testing.T) {
	site, b := adaAndBrowser(t)
	b.submit(b.page("profile"), "Save", map[string]string{"First name": "Ada"})
	b.submit(b.page("password"), "Change password", map[string]string{"Current password": goodPassword, "New password": newPassword})
	b.press(b.page("devices"), "Log out all other devices", nil)
	s := b.page("activity").checkOK("Activity")
	want := []string{
		"Devices logged out (all other devices)", "Password changed (with the password)",
		"Profile changed (on a logged-in device)", "Logged in (with the password)",
	}
	items := s.items()
	if len(items) != len(want) {
		t.Fatalf("the page lists %q, want %q", items, want)
	}
	for i := range want {
		if !strings.HasPrefix(items[i], want[i]) || !strings.Contains(items[i], " UTC") {
			t.Errorf("entry %d is %q, want %q with its time", i, items[i], want[i])
		}
	}
	if !strings.HasSuffix(items[3], "Firefox on Linux") {
		t.Errorf("the log-in is %q, want its device", items[3])
	}
	b.header.Set("Accept-Language", "de")
	if items := b.page("activity").items(); len(items) != 4 || !strings.HasPrefix(items[3], "Angemeldet (mit dem Passwort)") {
		t.Errorf("the page lists %q, want it in German", items)
	}
	b.click(b.page("activity"), "Geräte").checkOK("Geräte")
	if s := b.page("activity"); s.hasLink("Devices") {
		t.Errorf("the page has a link in English, want German")
	}
	site.goesOn(b, true)
}

// An event of a later version of the library has no text of its own.
func TestActivityUnknownEvent(t *testing.T) {
	site, b := adaAndBrowser(t)
	u := site.user(adaEmail)
	u.Private = signup.Private(strings.Replace(string(u.Private), "logged_in", "fell_asleep", 1))
	u.Private = signup.Private(strings.Replace(string(u.Private), `"password"`, `"<b>tired"`, 1))
	if err := site.store.Store.Update(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	if items := b.page("activity").items(); len(items) != 1 || !strings.HasPrefix(items[0], "Another change") || strings.Contains(items[0], "tired") {
		t.Errorf("the page lists %q, want another change", items)
	}
}

// Every kind and every reason has a text in each language.
func TestActivityTexts(t *testing.T) {
	constants := eventConstants(t)
	if len(constants["event_"]) < 13 || len(constants["reason_"]) < 14 {
		t.Fatalf("found the constants %q, want all of event_kinds.go", constants)
	}
	for _, name := range []string{"en", "de"} {
		content, err := os.ReadFile("texts/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(content, &texts); err != nil {
			t.Fatal(err)
		}
		for prefix, values := range constants {
			for _, v := range values {
				if texts[prefix+v] == "" {
					t.Errorf("texts/%s.json has no text for %s, want one", name, prefix+v)
				}
			}
		}
	}
}

// eventConstants returns the values of the constants in event_kinds.go, by the prefix of
// their texts.
func eventConstants(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../event_kinds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := make(map[string][]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		prefix := map[string]string{"EventKind": "event_", "EventReason": "reason_"}[typeName(spec.Type)]
		for _, v := range spec.Values {
			if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING && prefix != "" {
				value, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				constants[prefix] = append(constants[prefix], value)
			}
		}
		return true
	})
	return constants
}

func typeName(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}
