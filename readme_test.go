package signup_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var namedInCode = regexp.MustCompile("`([^`]+)`")

// The README's table of the code names each file of the package and each folder with a
// package once, with an explanation.
func TestReadmeTable(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## The code\n")
	if !found {
		t.Fatal(`README.md: got no section "The code", want one`)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for line := range strings.Lines(section) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 || !strings.HasPrefix(line, "| `") {
			continue
		}
		if strings.Trim(cells[1], " |\n") == "" {
			t.Errorf("the row %q: got no explanation, want one", line)
		}
		for _, m := range namedInCode.FindAllStringSubmatch(cells[0], -1) {
			names = append(names, strings.TrimSuffix(m[1], "/"))
		}
	}
	want := filesAndFolders(t)
	for _, name := range want {
		if n := countOf(names, name); n != 1 {
			t.Errorf("README.md, the table of the code: got %d times %s, want it once", n, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(want, name) {
			t.Errorf("README.md, the table of the code: got %s, want only files of the package and folders with packages", name)
		}
	}
}

// filesAndFolders returns the package's files without its tests, and the folders with
// other packages.
func filesAndFolders(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*.go", "*/*.go", "cmd/*/*.go", "internal/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := filepath.ToSlash(file)
			if folder := path.Dir(name); folder != "." {
				name = folder
			} else if strings.HasSuffix(name, "_test.go") {
				continue
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func countOf(names []string, name string) (n int) {
	for _, s := range names {
		if s == name {
			n++
		}
	}
	return n
}
