package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a program uses is noted down, each once.
func TestOverlay(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay, err := writeOverlay(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	noted := filepath.Join(dir, "noted")
	cmd := exec.CommandContext(t.Context(), "go", "run", "-overlay="+overlay, "./testdata/uses")
	cmd.Env = append(os.Environ(), secretsEnv+"="+noted)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(noted)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, want := range []string{
		`password "refused as well"`, `password "hashed by bcrypt"`, `password "hashed by argon2id"`, `password "tried"`,
		`address "refused@"`, `address "Typed@Bücher.example"`, `address "typed@xn--bcher-kva.example"`,
		`address "Stored@Example.org"`, `address "key of the store"`,
		`hash "a hash that is stored"`, `hash "a hash that is checked"`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s isn't noted", want)
		}
	}
	for prefix, want := range map[string]int{`hash "$2a$04$`: 2, `hash "$argon2id$`: 1, "": 14} {
		count := 0
		for _, line := range lines {
			if strings.HasPrefix(line, prefix) {
				count++
			}
		}
		if count != want {
			t.Errorf("%d lines begin with %q, want %d", count, prefix, want)
		}
	}
	if t.Failed() {
		t.Logf("noted:\n%s", text)
	}
}

// The source has changed, and nobody has told the hooks.
func TestOverlayNeedsItsLines(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(line string) string
		ok     bool
	}{
		{"as it should be", func(line string) string { return line }, true},
		{"gone", func(string) string { return "" }, false},
		{"changed", func(line string) string { return line + " // changed" }, false},
		{"indented", func(line string) string { return "\t" + line }, false},
		{"twice", func(line string) string { return line + "\n\n" + line }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i := range hooks {
				root := t.TempDir()
				texts := make(map[string]string)
				for j, h := range hooks {
					line := h.line
					if i == j {
						line = c.change(line)
					}
					texts[h.file] += "\n" + line + "\n"
				}
				for file, text := range texts {
					if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				_, err := writeOverlay(root, t.TempDir())
				if c.ok != (err == nil) || err != nil && !strings.Contains(err.Error(), hooks[i].file) {
					t.Errorf("%s: %v", hooks[i].line, err)
				}
			}
		})
	}
	if _, err := writeOverlay(t.TempDir(), t.TempDir()); err == nil {
		t.Error("without any source, there is no error")
	}
}
