package signup_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	docSpan     = regexp.MustCompile("`[^`]+`")
	docCommand  = regexp.MustCompile(`^(?:cd (\S+) && )?(?:\w+=\S+ )*(go test .*)$`)
	docFlag     = regexp.MustCompile(` -(run|bench)[ =]('[^']*'|\S+)`)
	docPackage  = regexp.MustCompile(` (\.\S*)`)
	docFunction = regexp.MustCompile(`(?m)^func ((?:Test|Example|Fuzz|Benchmark)\w*)\(`)
)

// TestCommandsOfDocs checks that each name in a -run or -bench pattern of README.md and
// docs is that of a test that exists.
func TestCommandsOfDocs(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, functions := 0, make(docFunctions)
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range docSpan.FindAllString(strings.ReplaceAll(string(text), "```", ""), -1) {
			command := strings.Join(strings.Fields(strings.Trim(span, "`")), " ")
			m := docCommand.FindStringSubmatch(command)
			if m == nil || strings.Contains(command, "-run NAME ") {
				continue
			}
			commands++
			checkPatterns(t, page, command, functions.of(t, m[1], m[2]))
		}
	}
	if commands < 35 {
		t.Errorf("got %d commands, want 35 at least", commands)
	}
}

// checkPatterns checks that each alternative of the command's patterns has a function.
func checkPatterns(t *testing.T, page, command string, functions []string) {
	t.Helper()
	for _, m := range docFlag.FindAllStringSubmatch(command, -1) {
		kinds := regexp.MustCompile(`^(Test|Example|Fuzz)`)
		if m[1] == "bench" {
			kinds = regexp.MustCompile(`^Benchmark`)
		}
		name, _, _ := strings.Cut(strings.Trim(m[2], "'"), "/")
		for alternative := range strings.SplitSeq(name, "|") {
			if alternative == "^$" {
				continue
			}
			pattern, err := regexp.Compile(alternative)
			if err != nil {
				t.Errorf("%s: got the error %v for %q, want alternatives without parentheses", page, err, command)
				continue
			}
			found := false
			for _, f := range functions {
				found = found || kinds.MatchString(f) && pattern.MatchString(f)
			}
			if !found {
				t.Errorf("%s: got no test for -%s %s of %q, want one or more", page, m[1], alternative, command)
			}
		}
	}
}

// docFunctions are the names of the tests, examples and benchmarks of directories.
type docFunctions map[string][]string

// of returns the names in the packages of a command that is run in dir.
func (d docFunctions) of(t *testing.T, dir, command string) (names []string) {
	t.Helper()
	for _, m := range docPackage.FindAllStringSubmatch(command, -1) {
		root, all := strings.CutSuffix(m[1], "...")
		root = filepath.Join(dir, root)
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			if path != root && !all {
				return fs.SkipDir
			}
			names = append(names, d.in(t, path)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// in returns the names in a directory.
func (d docFunctions) in(t *testing.T, dir string) []string {
	t.Helper()
	if names, found := d[dir]; found {
		return names
	}
	d[dir] = nil
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range docFunction.FindAllSubmatch(source, -1) {
			d[dir] = append(d[dir], string(f[1]))
		}
	}
	return d[dir]
}
