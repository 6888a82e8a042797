package integration

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/leaktest"
)

// TestOperator runs each command of the operator's program on a server without security
// and on one with TLS and a password, and compares what they print.
func TestOperator(t *testing.T) {
	program := buildOperator(t)
	for _, s := range slices.Compact([]*server{plainServer(t), tlsServer(t)}) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel() // a reindex takes seconds
			o := newOperator(t, s, program)
			o.setsUp()
			o.imports()
			o.findsUsers()
			o.changesUsers()
			o.reindexes()
			o.exports()
			o.printsRoles()
			o.fails()
		})
	}
}

// buildOperator builds the program in its own module, and returns its path.
func buildOperator(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "signup")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = "../../cmd/signup"
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: got %v, want success\n%s", err, out)
	}
	return program
}

// An operator runs the program on a server.
type operator struct {
	*testing.T
	program string
	alias   string
	store   *esstore.Store
	proxy   *proxy
	dir     string
	ca      string   // "", or the file of the authority
	address string   // of the server, without a password
	env     []string // for each run
	secret  string   // the server's password, or ""
}

func newOperator(t *testing.T, s *server, program string) *operator {
	u, ca, p := s.reach(t)
	u.User = nil
	alias := indexName(t)
	o := &operator{
		T: t, program: program, alias: alias, proxy: p, dir: t.TempDir(), ca: ca, address: u.String(),
		store: esstore.New(s.client(t), &esstore.Options{Alias: alias}), secret: s.Password,
	}
	u.RawQuery = url.Values{"alias": {alias}}.Encode()
	o.env = []string{"SIGNUP_STORE=" + u.String()}
	if s.Username != "" {
		o.env = append(o.env, "SIGNUP_ELASTICSEARCH_USERNAME="+s.Username,
			"SIGNUP_ELASTICSEARCH_PASSWORD_FILE="+o.file("password", s.Password+"\n"))
	}
	return o
}

// file writes a file and returns its path.
func (o *operator) file(name, text string) string {
	o.Helper()
	name = filepath.Join(o.dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		o.Fatal(err)
	}
	return name
}

// An operatorRun is one run of the program.
type operatorRun struct {
	o              *operator
	args           []string
	code           int
	stdout, stderr string
}

// run runs the program with the operator's environment and, after it, env.
func (o *operator) run(env []string, args ...string) operatorRun {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), time.Minute)
	defer cancel()
	if o.ca != "" {
		args = append(args, "-ca", o.ca)
	}
	cmd := exec.CommandContext(ctx, o.program, args...)
	cmd.Dir, cmd.Env = o.dir, []string{"HOME=" + o.dir}
	cmd.Env = append(append(cmd.Env, o.env...), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		o.Fatalf("%s: got %v, want it to run", args[0], err)
	}
	record("standard error of %s: %s", args[0], &stderr)
	o.searchOutput(args[0], stdout.String())
	if o.secret != "" && strings.Contains(stdout.String()+stderr.String(), o.secret) {
		o.Errorf("%s: got the password in the output, want it left out", args[0])
	}
	return operatorRun{o, args, cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// searchOutput searches the standard output of a command for secrets. Search and show
// print users for the operator, with their addresses.
func (o *operator) searchOutput(command, stdout string) {
	o.Helper()
	for line := range strings.Lines(stdout) {
		for kind := range leaktest.Recognize(line) {
			if kind != "address" || command != "search" && command != "show" {
				o.Errorf("%s: got a secret of the kind %q on standard output, want it left out", command, kind)
			}
		}
	}
}

// want checks the exit code and all of standard output. A * of the text stands for what
// isn't known before, in one line.
func (r operatorRun) want(code int, stdout string) {
	r.o.Helper()
	pattern := strings.ReplaceAll(regexp.QuoteMeta(stdout), `\*`, `[^\n]+`)
	if r.code != code || !regexp.MustCompile("^"+pattern+"$").MatchString(r.stdout) {
		r.o.Errorf("%s: got the exit code %d and\n%s\nwant %d and\n%s\nstandard error: %s",
			r.args[0], r.code, r.stdout, code, stdout, r.stderr)
	}
}

// wantError checks the exit code, a part of standard error, and that standard output is
// empty.
func (r operatorRun) wantError(code int, part string) {
	r.o.Helper()
	r.want(code, "")
	if !strings.Contains(r.stderr, part) {
		r.o.Errorf("%s: got %q, want %q in it", r.args[0], r.stderr, part)
	}
}

// readAll returns what a file has.
func (o *operator) readAll(name string) string {
	o.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.Fatal(err)
	}
	return string(text)
}
