package main

import (
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name string
		args string // separated by spaces, with {} for an empty text
		want string // in stderr
	}{
		{"no command", "", "usage: signup [flags] command"},
		{"an unknown command", "shwo x", `unknown command "shwo": did you mean show?`},
		{"the beginning of a command", "deact x", `unknown command "deact": did you mean deactivate?`},
		{"nothing like a command", "frobnicate", `unknown command "frobnicate": there are setup, check, `},
		{"a URL instead of a command", "postgres://u:correct-horse@h/ check", "the URL of the store belongs after -store"},
		{"an unknown flag", "-jsno check", "unknown flag -jsno: did you mean -json?"},
		{"an unknown flag of a command", "role -setpu", "unknown flag -setpu: did you mean -setup?"},
		{"nothing like a flag", "check -password=correct-horse", "unknown flag -password: there are -alias, "},
		{"a flag without a value", "check -store", "flag needs an argument: -store"},
		{"no time", "-timeout soon check", `invalid value "soon" for flag -timeout`},
		{"a negative time", "-timeout -1s check", "-timeout must not be negative"},
		{"no address", "show", "got 0 arguments; the usage is: signup [flags] show ADDRESS"},
		{"two addresses", "show a b", "got 2 arguments; the usage is: signup [flags] show ADDRESS"},
		{"help for an unknown command", "help shwo", "did you mean show?"},
		{"an empty address", "show {}", "the argument is empty; the usage is: signup [flags] show ADDRESS"},
		{"an empty file", "import {}", "the argument is empty"},
		{"an empty store", "check -store {}", `invalid value "" for flag -store: it is empty`},
		{"an empty prefix", "-prefix={} check", `invalid value "" for flag -prefix: it is empty`},
		{"no store", "check", "no store: set -store or SIGNUP_STORE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Fields(c.args)
			for i := range args {
				args[i] = strings.Replace(args[i], "{}", "", 1)
			}
			r := runner{}.run(t.Context(), args...)
			r.want(t, exitUsage, "2:"+c.want)
			if r.stdout != "" {
				t.Errorf("got %s on stdout, want nothing", shown(r.stdout))
			}
			if strings.Contains(r.stderr, "horse") {
				t.Error("got the password in the error, want it left out")
			}
		})
	}
}

func TestUsageJSON(t *testing.T) {
	for _, args := range []string{"-json", "-json -timeout 1s", "-json shwo", "shwo -json", "-frob --json", "check -json=true -store", "show -json"} {
		r := runner{}.run(t.Context(), strings.Fields(args)...)
		r.want(t, exitUsage)
		if text, ok := one(t, r.stderr)["error"].(string); !ok || text == "" {
			t.Errorf("%s: got %q, want an object with the error", args, r.stderr)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"-h", "help", "-json --help"} {
		r := runner{}.run(t.Context(), strings.Fields(args)...)
		r.want(t, exitDone, "usage: signup [flags] command", "-store URL", "PGPASSFILE", exitCodes)
		for _, cmd := range commands() {
			r.want(t, exitDone, "  "+cmd.name+" ")
		}
	}
	for _, cmd := range commands() {
		for _, args := range []string{"help " + cmd.name, cmd.name + " -h", "-h " + cmd.name, "-json " + cmd.name + " --help"} {
			runner{}.run(t.Context(), strings.Fields(args)...).want(t, exitDone, "usage: "+cmd.usage())
		}
	}
}

// Each line of the help fits a terminal.
func TestHelpWidth(t *testing.T) {
	texts := []string{runner{}.run(t.Context(), "-h").stdout}
	for _, cmd := range commands() {
		texts = append(texts, runner{}.run(t.Context(), "help", cmd.name).stdout)
	}
	for line := range strings.Lines(strings.Join(texts, "")) {
		if n := len([]rune(strings.ReplaceAll(line, "\t", "    "))); n > 100 {
			t.Errorf("got a line of %d characters, want at most 100: %s", n, line)
		}
	}
}

// The comment of the program has the same exit codes as the help.
func TestExitCodesDescribed(t *testing.T) {
	source := readFile(t, "main.go")
	for line := range strings.Lines(exitCodes) {
		if code := strings.TrimSpace(line); strings.HasPrefix(line, "  ") && !strings.Contains(source, "//\t"+code+"\n") {
			t.Errorf("got no line %q in the comment of main.go, want one", code)
		}
	}
}

func TestFlagsAnywhere(t *testing.T) {
	url := newSQLite(t)
	runner{}.run(t.Context(), "setup", "-store", url).want(t, exitDone)
	fill(t, url, 1)
	for name, args := range map[string][]string{
		"before":         {"-json", "-store", url, "show", address(0)},
		"after":          {"show", address(0), "-store", url, "-json"},
		"around":         {"-store=" + url, "show", "-json", address(0)},
		"before the end": {"-store", url, "show", "-json", "--", address(0)},
	} {
		t.Run(name, func(t *testing.T) {
			r := runner{}.run(t.Context(), args...)
			r.want(t, exitDone)
			if got := one(t, r.stdout)["id"]; got != "id-000" {
				t.Errorf("got the ID %v, want id-000", got)
			}
		})
	}
	runner{}.run(t.Context(), "-store", url, "show", "--", "-json").want(t, exitNotFound)
}

func TestNearest(t *testing.T) {
	names := []string{"show", "search", "schema", "setup", "end-sessions"}
	for text, want := range map[string]string{
		"shwo": "show", "serach": "search", "shema": "schema", "end": "end-sessions", "endsessions": "end-sessions",
		"xxxx": "", "": "", "s": "", "set-up": "setup",
	} {
		if got := nearest(text, names); got != want {
			t.Errorf("nearest(%q): got %q, want %q", text, got, want)
		}
	}
}
