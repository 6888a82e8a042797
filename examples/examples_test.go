// Package examples_test tests what all examples have in common, and the programs of
// this module that aren't examples.
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

	"github.com/gosignup/signup/internal/wiretest"
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
			for _, nested := range []string{"mailer", "scssession", "sqlstore"} { // their places are relative to the example's
				run(t, work, "mod", "edit", "-replace="+module+"/"+nested+"="+filepath.Join(root, nested))
			}
			program := filepath.Join(t.TempDir(), "program")
			run(t, work, "build", "-o", program, ".")
			run(t, work, "vet", ".")
			for _, args := range [][]string{
				{"argument"}, {""}, {"--", "argument"}, {"-"}, {"argument", "-h"}, {"-unknown"}, {"-addr"}, {"-addr", "localhost:0", "argument"},
			} {
				checkUsage(t, program, 2, args...)
			}
			checkUsage(t, program, 0, "-h")
			checkUsage(t, program, 0, "--help")
		})
	}
}

// findPrograms returns the programs below this folder: by the program's folder, the
// names of its files without tests.
func findPrograms(t *testing.T) map[string][]string {
	t.Helper()
	programs := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if d != nil && path == filepath.FromSlash("webapp/own") { // it has no flags, and scripts/adopter copies it
			return filepath.SkipDir
		}
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
		t.Fatalf("go %s, with the example's files in a new module: got the error %v, want nil\n%s", args[0], err, out)
	}
}

// checkUsage checks that program, run with args, explains its use and ends with the
// status.
func checkUsage(t *testing.T, program string, status int, args ...string) {
	t.Helper()
	// A program that accepts the arguments would serve until it is stopped.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = t.TempDir()
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Errorf("with the arguments %q, got the exit status %d, want %d", args, got, status)
	}
	if status == 0 {
		stderr.WriteString(stdout.String()) // help may go to either
		stdout.Reset()
	}
	text := strings.ToLower(stderr.String())
	if stdout.Len() > 0 || !strings.Contains(text, "usage") && (status != 0 || !strings.Contains(text, "flags:")) {
		t.Errorf("with the arguments %q, got %q on standard output and %q on standard error, want the usage on standard error only", args, &stdout, &stderr)
	}
}

// The other programs accept no more and no fewer arguments than they use.
func TestArguments(t *testing.T) {
	for name, wrong := range map[string][][]string{
		"genblocklist": {{}, {"list", "argument"}, {"-unknown"}, {"-unknown", "list"}},
		"testrun":      {{}, {"."}, {"-race", ".", "./..."}},
	} {
		t.Run(name, func(t *testing.T) {
			program := wiretest.Build(t, module+"/internal/"+name)
			for _, args := range wrong {
				checkUsage(t, program, 2, args...)
			}
			checkUsage(t, program, 0, "-h")
		})
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
