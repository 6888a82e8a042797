package esstore

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of Check's codes into docs/elasticsearch.md")

const guide = "../docs/elasticsearch.md"

// CheckCodes returns the codes of the table, for the tests of package esstore_test.
func CheckCodes() []string {
	codes := make([]string, 0, len(checkCodes))
	for _, c := range checkCodes {
		codes = append(codes, c.code)
	}
	return codes
}

// CheckSeverity returns the severity of a code; "" if it isn't in the table.
func CheckSeverity(code string) Severity { return severityOf(code) }

func TestCheckCodes(t *testing.T) {
	severities := []Severity{SeverityError, SeverityWarning, SeverityInfo}
	if !slices.IsSortedFunc(checkCodes, func(a, b checkCode) int {
		return slices.Index(severities, a.severity) - slices.Index(severities, b.severity)
	}) {
		t.Error("the codes are not sorted by severity, want the most severe first")
	}
	for i, c := range checkCodes {
		if rankOf(c.code) != i {
			t.Errorf("%s: got rank %d, want %d: the code is there twice", c.code, rankOf(c.code), i)
		}
		if !slices.Contains(severities, c.severity) {
			t.Errorf("%s: got severity %q, want one of %q", c.code, c.severity, severities)
		}
		for _, text := range []string{c.meaning, c.remedy} {
			if !strings.HasSuffix(text, ".") || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s: got text %q, want sentences that fit into a table", c.code, text)
			}
		}
	}
}

// Each Code constant is in the table, and its comment is the meaning there.
func TestCheckCodeConstants(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "check_codes.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	constants := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		constants++
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		i := rankOf(code)
		if i < 0 {
			t.Errorf("%s is not in checkCodes", spec.Names[0].Name)
			return true
		}
		if got := strings.Join(strings.Fields(spec.Doc.Text()), " "); got != checkCodes[i].meaning {
			t.Errorf("%s: got comment %q, want the meaning %q", spec.Names[0].Name, got, checkCodes[i].meaning)
		}
		return true
	})
	if constants != len(checkCodes) {
		t.Errorf("got %d Code constants, want %d", constants, len(checkCodes))
	}
}

// The guide has the table of the codes. To write it, run the test with -update.
func TestCheckCodesInGuide(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| code | severity | meaning | remedy |\n|---|---|---|---|\n"
	want := head
	for _, c := range checkCodes {
		want += fmt.Sprintf("| `%s` | %s | %s | %s |\n", c.code, c.severity, c.meaning, c.remedy)
	}
	before, rest, found := strings.Cut(string(text), head)
	rows, after, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatalf("%s has no table with the head %q", guide, head)
	}
	if *update {
		if err := os.WriteFile(guide, []byte(before+want+"\n"+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := head + rows + "\n"; got != want {
		t.Errorf("%s: got the table\n%s\nwant\n%s\nRun this test with -update to write it", guide, got, want)
	}
}
