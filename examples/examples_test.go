// Package examples_test tests what all examples have in common.
package examples_test

import (
	"context"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const module = "github.com/gosignup/signup"

// An example that is copied into a new module compiles there, and accepts no
// arguments except its flags.
func TestCopied(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	programs := findPrograms(t)
	if len(programs) == 0 {
		t.Fatal("found no program below this folder, want each example")
	}
	for _, dir := range slices.Sorted(maps.Keys(programs)) {
		t.Run(filepath.ToSlash(dir), func(t *testing.T) {
			work := t.TempDir()
			for _, name := range programs[dir] {
				copyFile(t, filepath.Join(dir, name), filepath.Join(work, name))
			}
			from := moduleOf(dir)
			copyFile(t, filepath.Join(from, "go.mod"), filepath.Join(work, "go.mod"))
			copyFile(t, filepath.Join(from, "go.sum"), filepath.Join(work, "go.sum"))
			run(t, work, "mod", "edit", "-module=example.org/copied", "-require="+module+"@v0.0.0", "-replace="+module+"="+root)
			program := filepath.Join(t.TempDir(), "program")
			run(t, work, "build", "-o", program, ".")
			run(t, work, "vet", ".")
			testArgument(t, program)
		})
	}
}

// findPrograms returns the programs below this folder: by the program's folder, the
// names of its files without tests.
func findPrograms(t *testing.T) map[string][]string {
	t.Helper()
	programs := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly)
		if err == nil && file.Name.Name == "main" {
			programs[filepath.Dir(path)] = append(programs[filepath.Dir(path)], d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

// moduleOf returns the folder of the module that contains dir.
func moduleOf(dir string) string {
	for dir != "." {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return ".."
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the go command in dir.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s, with the example's files in a new module: %v\n%s", args[0], err, out)
	}
}

func testArgument(t *testing.T, program string) {
	t.Helper()
	// A program that ignores the argument would serve until it is stopped.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "argument")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if status := cmd.ProcessState.ExitCode(); status != 2 {
		t.Errorf("with an argument, got the exit status %d, want 2", status)
	}
	if stdout.Len() > 0 || !strings.Contains(strings.ToLower(stderr.String()), "usage") {
		t.Errorf("with an argument, got %q on standard output and %q on standard error, want the usage on standard error only", &stdout, &stderr)
	}
}

// The function serve is the same in each example, so that a test of one tests them
// all.
func TestServe(t *testing.T) {
	const begin, end = "\n// serve ", "\n}\n"
	functions := map[string][]string{}
	for dir, names := range findPrograms(t) {
		for _, name := range names {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if _, after, found := strings.Cut(string(text), begin); found {
				function, _, _ := strings.Cut(after, end)
				functions[function] = append(functions[function], dir)
			}
		}
	}
	if len(functions) != 1 {
		t.Errorf("got %d versions of serve, want one: %q", len(functions), slices.Collect(maps.Values(functions)))
	}
}
