package main

import (
	"bytes"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

var update = flag.Bool("update", false, "write what the commands print into docs/operating.md")

const guide = "../../docs/operating.md"

// The commands of the guide print what the guide shows.
func TestGuide(t *testing.T) {
	name, err := filepath.Abs(guide)
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, name)
	t.Chdir(t.TempDir())
	writeFile(t, "users.ndjson", guideUsers(t))
	g := guideShell{runner: runner{env: map[string]string{}}}
	var b strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console\n"
			b.WriteString(line)
		case inside && isCommand:
			b.WriteString(line + g.print(t, strings.TrimSpace(command)))
		case !inside:
			b.WriteString(line)
		}
	}
	if g.commands < 13 {
		t.Errorf("got %d commands in the guide, want at least 13", g.commands)
	}
	got := b.String()
	if *update {
		writeFile(t, name, got)
		return
	}
	if got != text {
		for i, line := range strings.Split(text, "\n") {
			if lines := strings.Split(got, "\n"); i >= len(lines) || lines[i] != line {
				t.Errorf("got another output than the guide shows at its line %d, want the same; go test -run Guide -update writes it", i+1)
				break
			}
		}
	}
}

// A guideShell carries out the commands of the guide.
type guideShell struct {
	runner
	commands int
	checks   int
	code     int
}

// print returns what a command prints, standard error included.
func (g *guideShell) print(t *testing.T, command string) string {
	t.Helper()
	words := strings.Fields(command)
	switch words[0] {
	case "export":
		name, value, _ := strings.Cut(words[1], "=")
		g.env[name] = value
		return ""
	case "echo":
		return fmt.Sprintln(g.code)
	case "signup":
	default:
		t.Fatalf("got the command %s in the guide, want one of signup", words[0])
	}
	g.commands++
	if words[1] == "check" {
		if g.checks++; g.checks == 2 { // from here on, there is a problem
			if _, err := opened(t, g.env["SIGNUP_STORE"]).(sqlStore).db.Exec("DROP INDEX signup_counts_ends"); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	g.code = run(t.Context(), words[1:], g.getenv, strings.NewReader(""), &out, &out)
	return out.String()
}

// guideUsers returns an export of two users.
func guideUsers(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w := transfer.NewWriter(&out, &transfer.ExportOptions{Hashes: true})
	for i, u := range []signup.User{
		{Email: "Ada@example.org", FirstName: "Ada", LastName: "Lovelace", Profile: map[string]string{"company": "Analytical Engines"}},
		{Email: "alan@example.org", FirstName: "Alan", LastName: "Turing"},
	} {
		u.ID = []string{"K5GYDQ3SXQ2LZH5V7J4RWEUT6A", "QW3N7YBV5ZJ2T6KDRHXGF4MSLE"}[i]
		u.CreatedAt = time.Date(2026, time.March, 1+i, 12, 0, 0, 0, time.UTC)
		u.UpdatedAt, u.Active, u.PasswordHash, u.SecurityStamp = u.CreatedAt, true, hash, "a stamp"
		if i == 0 {
			u.EmailVerifiedAt = u.CreatedAt.Add(time.Minute)
		}
		if err := w.Write(u); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// The guide has all commands, all exit codes and at most 130 lines.
func TestGuideComplete(t *testing.T) {
	text := readFile(t, guide)
	for _, cmd := range commands() {
		if !strings.Contains(text, "`"+cmd.name+"`") && !strings.Contains(text, "signup "+cmd.name) {
			t.Errorf("got no command %s in the guide, want all", cmd.name)
		}
	}
	for line := range strings.Lines(exitCodes) {
		code, meaning, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if ok && !strings.Contains(text, "\n| "+code+" | "+meaning+" |\n") {
			t.Errorf("got no row for the exit code %s with %q, want one", code, meaning)
		}
	}
	if n := strings.Count(text, "\n"); n > 130 {
		t.Errorf("got %d lines, want at most 130", n)
	}
}
