package pages_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// catalog returns the texts of a language by their codes.
func catalog(t *testing.T, language string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("texts/" + language + ".json")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatalf("texts/%s.json: got the error %v, want nil", language, err)
	}
	for line := range strings.Lines(string(b)) {
		if code, _, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && strings.Count(string(b), "\n\t"+code+":") != 1 {
			t.Errorf("texts/%s.json has %s twice, want it once", language, code)
		}
	}
	return texts
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// Each text exists in both languages, with the same placeholders.
func TestTextsAgree(t *testing.T) {
	en, de := catalog(t, "en"), catalog(t, "de")
	for code := range maps.Keys(en) {
		german, ok := de[code]
		if !ok || german == "" || en[code] == "" {
			t.Errorf("the text %s is %q and %q, want it in both languages", code, en[code], german)
		}
		one, two := placeholder.FindAllString(en[code], -1), placeholder.FindAllString(german, -1)
		slices.Sort(one)
		slices.Sort(two)
		if !slices.Equal(one, two) {
			t.Errorf("the text %s has the placeholders %q in English and %q in German, want the same", code, one, two)
		}
		for _, p := range one {
			if !slices.Contains([]string{"{}", "{site}", "{value}", "{character}", "{min}", "{max}"}, p) {
				t.Errorf("the text %s: got the placeholder %s, want only those that stand for something", code, p)
			}
		}
	}
	for code := range de {
		if en[code] == "" {
			t.Errorf("the text %s isn't in English, want it there", code)
		}
	}
}

// codePatterns find the codes that templates and Go files use. What is found is the end of
// a code that begins and ends as the pattern says.
var codePatterns = []struct {
	files, pattern string
	before         string
	after          []string
}{
	{"templates/*.html", `\.T "([a-z_]+)"`, "", []string{""}},
	{"*.go", `\.(?:T|text)\("([a-z_]+)"[,)]`, "", []string{""}},
	{"*.go", `\bmessage\([^,"]+, "([a-z_]+)"`, "", []string{"_title", "_text"}},
	{"*.go", `hint: "([a-z_]+)"`, "", []string{""}},
	{"*.go", `Code: "([a-z_]+)"[,}]`, "", []string{""}},
	{"*.go", `(?:\bdone\(|parameterDone, |\benter\([^"\n]*)"([a-z_]+)"`, "done_", []string{""}},
	{"*.go", `parameterFor, "([a-z-]+)"`, "check_mail_for_", []string{""}},
	{"*.go", `\blinks\("([a-z-]+)"`, "go_", []string{""}},
	{"*.go", `\blinks\("[a-z-]+", "([a-z-]+)"`, "go_", []string{""}},
	{"*.go", `again: +\[\]string\{"([a-z-]+)"`, "go_", []string{""}},
	{"*.go", `again: +\[\]string\{[^}]*, "([a-z-]+)"`, "go_", []string{""}},
}

// Each text that a template or a page uses exists.
func TestTextsExist(t *testing.T) {
	en := catalog(t, "en")
	for _, p := range codePatterns {
		files, err := filepath.Glob(p.files)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(p.pattern).FindAllStringSubmatch(string(b), -1) {
				found++
				for _, after := range p.after {
					if code := p.before + strings.ReplaceAll(m[1], "-", "_") + after; en[code] == "" {
						t.Errorf("%s uses the text %s, want it in texts/en.json", file, code)
					}
				}
			}
		}
		if found == 0 {
			t.Errorf("nothing in %s is like %s, want one", p.files, p.pattern)
		}
	}
}

// Each code of package signup has a text.
func TestTextsCoverCodes(t *testing.T) {
	en := catalog(t, "en")
	b, err := os.ReadFile("../message_code.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`\n\tCode\w+ += "([a-z0-9_]+)"`).FindAllStringSubmatch(string(b), -1)
	if len(codes) < 70 {
		t.Fatalf("found %d codes, want all", len(codes))
	}
	for _, m := range codes {
		text := en[m[1]]
		if text == "" {
			t.Errorf("the code %s has no text, want one", m[1])
		}
		e := signup.FieldError{Code: m[1], Min: -1, Max: -2, Value: "{value}", Character: "{character}"}
		english := strings.NewReplacer("-1", "{min}", "-2", "{max}").Replace(e.AsMessage().English)
		for _, p := range placeholder.FindAllString(text, -1) {
			if !strings.Contains(english, p) {
				t.Errorf("the text of %s: got the placeholder %s, want only those that are set", m[1], p)
			}
		}
	}
}
