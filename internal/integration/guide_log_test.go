package integration

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestGuideLog compares the log records that the operator's guide describes with
// those that esstore writes: level, message and fields.
func TestGuideLog(t *testing.T) {
	want := logRecords(t, "../../esstore")
	got := map[string]bool{}
	row := regexp.MustCompile("^\\| (INFO|WARN|ERROR) \\| `([^`]+)` \\|([^|]*)\\|")
	for line := range strings.Lines(readGuide(t).text) {
		if cells := row.FindStringSubmatch(line); cells != nil {
			fields := strings.NewReplacer("`", "", " ", "").Replace(cells[3])
			got[cells[1]+" "+cells[2]+": "+fields] = true
		}
	}
	for _, record := range slices.Sorted(maps.Keys(want)) {
		if !got[record] {
			t.Errorf("esstore logs %q, want it in the guide", record)
		}
	}
	for _, record := range slices.Sorted(maps.Keys(got)) {
		if !want[record] {
			t.Errorf("the guide has the log record %q, want one of esstore's", record)
		}
	}
	if len(got) == 0 {
		t.Error("got no log records in the guide, want some")
	}
}

// TestGuideErrors compares the errors of a migration in the operator's guide with
// the source of esstore.
func TestGuideErrors(t *testing.T) {
	var source strings.Builder
	names, err := filepath.Glob("../../esstore/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			source.Write(b)
		}
	}
	_, section, _ := strings.Cut(readGuide(t).text, "\n### A migration fails\n")
	section, _, _ = strings.Cut(section, "\n### ")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1)
	for _, row := range rows {
		if !strings.Contains(source.String(), row[1]) {
			t.Errorf("the guide has the error %q, want one of esstore's", row[1])
		}
	}
	if len(rows) == 0 {
		t.Error("the guide has no errors of a migration, want some")
	}
}

// logRecords returns the records that the package in dir logs, each as its level,
// its message and the names of its fields.
func logRecords(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			function, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			level := strings.TrimSuffix(function.Sel.Name, "Context")
			if l, ok := call.Args[0].(*ast.SelectorExpr); ok && strings.HasPrefix(l.Sel.Name, "Level") {
				level = strings.TrimPrefix(l.Sel.Name, "Level")
			}
			message, ok := literal(call.Args[1])
			if level = strings.ToUpper(level); ok && slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, level) {
				var fields []string
				for i := 2; i < len(call.Args); i += 2 {
					field, _ := literal(call.Args[i])
					fields = append(fields, field)
				}
				records[level+" "+message+": "+strings.Join(fields, ",")] = true
			}
			return true
		})
	}
	return records
}

// literal returns the value of a string literal.
func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}
