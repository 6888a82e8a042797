package pages

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// section returns the part of docs/pages.md with this heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	b, err := os.ReadFile("../docs/pages.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(b), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("docs/pages.md has no section %q, want it", heading)
	}
	text, _, _ := strings.Cut(after, "\n## ")
	return text
}

func TestDocsHaveAllPages(t *testing.T) {
	text := section(t, "The pages")
	for _, p := range allPages {
		if p.path != "" && !strings.Contains(text, "`"+p.path+"`") {
			t.Errorf("docs/pages.md doesn't have the page %s, want a line of the table", p.path)
		}
	}
}

// TestDocsTestsExist checks that the tests of the table of attacks exist.
func TestDocsTestsExist(t *testing.T) {
	text := section(t, "Attacks on pages, and their tests")
	rows := regexp.MustCompile(`(?m)^\|.*\|$`).FindAllString(text, -1)
	if len(rows) < 12 {
		t.Fatalf("got %d rows of attacks, want 12 or more", len(rows))
	}
	name := regexp.MustCompile("`(Test\\w+)`")
	for _, row := range rows {
		columns := strings.Split(row, "|")
		if len(columns) != 6 {
			t.Errorf("the row %s has %d columns, want 4", row, len(columns)-2)
			continue
		}
		for dir, column := range map[string]string{".": columns[3], "../internal/browser": columns[4]} {
			source := testSource(t, dir)
			if strings.Contains(column, "module `scssession`") {
				source += testSource(t, "../scssession")
			}
			for _, m := range name.FindAllStringSubmatch(column, -1) {
				if !strings.Contains(source, "\nfunc "+m[1]+"(") {
					t.Errorf("%s has no test %s, want that of the row %s", dir, m[1], row)
				}
			}
		}
	}
}

// testSource returns the text of all tests in dir.
func testSource(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
