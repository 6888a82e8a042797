package signup_test

import (
	"os"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// pageRows returns the cells of each row of docs/messages.md: the code, the constant,
// the parameters and the English text.
func pageRows(t *testing.T) (rows [][]string) {
	t.Helper()
	page, err := os.ReadFile("docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		if len(cells) != 4 {
			t.Fatalf("the row %s has %d cells, want 4", line, len(cells))
		}
		rows = append(rows, cells)
	}
	return rows
}

// pageCodes returns the codes of docs/messages.md.
func pageCodes(t *testing.T) (codes []string) {
	t.Helper()
	for _, cells := range pageRows(t) {
		codes = append(codes, strings.Trim(cells[0], "`"))
	}
	return codes
}

// TestMessagesPage compares docs/messages.md with the Code constants and with the
// English texts.
func TestMessagesPage(t *testing.T) {
	constants := codeConstants(t)
	seen := make(map[string]bool)
	for _, cells := range pageRows(t) {
		code, constant, parameters, english := strings.Trim(cells[0], "`"), strings.Trim(cells[1], "`"), cells[2], cells[3]
		if constants[constant] != code {
			t.Errorf("the page has the constant %s with the code %q, want %q", constant, code, constants[constant])
		}
		if seen[code] {
			t.Errorf("the page has the code %s twice, want it once", code)
		}
		seen[code] = true
		if got := pageText(code); got != english {
			t.Errorf("the page has the text %q of %s, want %q", english, code, got)
		}
		for _, name := range []string{"min", "max", "value", "character"} {
			if in, listed := strings.Contains(english, "{"+name+"}"), strings.Contains(parameters, "`"+name+"`"); in != listed {
				t.Errorf("the page lists the parameter %s of %s: %t, want %t, as in its text", name, code, listed, in)
			}
		}
	}
	for constant, code := range constants {
		if !seen[code] {
			t.Errorf("the page has no row of %s, want one", constant)
		}
	}
}

// pageText returns the English text of a code with the names of its parameters.
func pageText(code string) string {
	e := signup.FieldError{Code: code, Field: "{field}", Min: -1, Max: -2, Value: "{value}", Character: "{character}"}
	return strings.NewReplacer("-1", "{min}", "-2", "{max}").Replace(e.AsMessage().English)
}
