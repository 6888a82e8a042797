package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/memstore"
)

// A fakeTarget keeps users in memory and behaves like an esstore.Store.
type fakeTarget struct {
	*memstore.Store
	setUp    int
	findings []esstore.Finding
	importer func(i int, u signup.User) error // if not nil, may make a user fail
}

func (f *fakeTarget) Setup(context.Context) error { f.setUp++; return nil }

func (f *fakeTarget) Check(context.Context) ([]esstore.Finding, error) { return f.findings, nil }

func (f *fakeTarget) Import(ctx context.Context, users iter.Seq2[signup.User, error], opts *esstore.ImportOptions) (sum esstore.ImportSummary, failed error) {
	checkHash := opts.CheckHash
	if checkHash == nil {
		checkHash = signup.CheckKnownHash
	}
	for u := range users {
		r := esstore.ImportResult{N: sum.Read, User: u}
		sum.Read++
		if f.importer != nil {
			r.Err = f.importer(int(r.N), u)
		}
		if r.Err == nil {
			r.Err = checkHash(u.PasswordHash)
		}
		if r.Err == nil {
			held, err := f.Get(ctx, u.Key())
			switch {
			case err == nil && held.ID == u.ID:
				r.Present = true
			case err == nil:
				r.Err = fmt.Errorf("esstore: import: %w", signup.ErrExists)
			default:
				r.Err = f.Create(ctx, &u)
			}
		}
		opts.Result(r)
		opts.Progress(sum)
		if r.Err != nil && !errors.Is(r.Err, signup.ErrExists) && !errors.Is(r.Err, signup.ErrInvalid) {
			failed = cmp.Or(failed, r.Err)
		}
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
	}
	return sum, failed
}

// A result is the outcome of a run.
type result struct {
	status         int
	stdout, stderr string
	report         []finding
	counts         map[string]int64 // by the words after the number
}

// run runs the program on lines of a file, with a report.
func run(t *testing.T, ctx context.Context, to *fakeTarget, lines string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := program{stdin: strings.NewReader(lines), stdout: &stdout, stderr: &stderr,
		open: func(server, string) (target, error) { return to, nil }}
	name := filepath.Join(t.TempDir(), "report")
	r := result{status: p.run(ctx, append([]string{"-from-file", "-", "-report", name}, args...)), counts: map[string]int64{}}
	r.stdout, r.stderr = stdout.String(), stderr.String()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var f finding
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		r.report = append(r.report, f)
	}
	for s := bufio.NewScanner(&stdout); s.Scan(); {
		n, words, _ := strings.Cut(strings.TrimSpace(s.Text()), " ")
		if n, err := strconv.ParseInt(n, 10, 64); err == nil {
			r.counts[words] = n
		}
	}
	for _, secret := range []string{"@", "example.org", "example.com", "Lovelace", werkzeug[20:], "plain$", "correct horse"} {
		if strings.Contains(r.stdout+r.stderr, secret) {
			t.Errorf("%q is in the output, want no secret", secret)
		}
	}
	return r
}

// kinds returns the report's findings as lines of kind, line, and whether the
// document was left behind.
func (r result) kinds() string {
	var all []string
	for _, f := range r.report {
		all = append(all, fmt.Sprintf("%s %d %t", f.Kind, f.Line, f.LeftBehind))
	}
	return strings.Join(all, "\n")
}

// want checks the counts; those that aren't named must be 0.
func (r result) want(t *testing.T, want map[string]int64) {
	t.Helper()
	got := maps.Clone(r.counts)
	maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
	for words, n := range got {
		found := false
		for prefix, w := range want {
			found = found || strings.HasPrefix(words, prefix) && n == w
		}
		if !found {
			t.Errorf("got the count %d %s, want another number or 0", n, words)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d counts, want %d:\n%s", len(got), len(want), r.stdout)
	}
}

var everything = strings.Join([]string{
	sourceOf(map[string]any{"last_name": "Lovelace"}),
	sourceOf(map[string]any{"email_address": "bob@example.org"}),
	"", // not a document
	sourceOf(map[string]any{"email_address": "Bob@example.org"}),
	sourceOf(map[string]any{"email_address": "carol"}),
	"x",
	sourceOf(map[string]any{"email_address": "dave@example.org", "password": "plain$$correct horse"}),
	hit("eve@example.org", sourceOf(map[string]any{"email_address": "eve@example.org", "created_at": missing, "phone": 1})),
	sourceOf(map[string]any{"email_address": "BOB@example.org"}),
	sourceOf(map[string]any{"password": missing}),
}, "\n")

var ofEverything = map[string]int64{
	"documents read": 9, "left behind: collisions (groups of one address: 1)": 3, "left behind: refused": 1, "left behind: malformed": 2,
	"left behind: a password": 1, "with an unknown time": 1, "with fields": 1,
}

// withoutPassword are the counts of -without-password.
var withoutPassword = func() map[string]int64 {
	counts := with(ofEverything, map[string]int64{"without their password": 1})
	delete(counts, "left behind: a password")
	return counts
}()

// with returns counts with some changed.
func with(counts, changed map[string]int64) map[string]int64 {
	counts = maps.Clone(counts)
	maps.Copy(counts, changed)
	return counts
}

func TestRun(t *testing.T) {
	target := &fakeTarget{Store: memstore.New()}
	r := run(t, t.Context(), target, everything, "-without-password")
	if r.status != 0 || target.setUp != 1 {
		t.Errorf("got status %d and %d calls of Setup, want 0 and 1:\n%s", r.status, target.setUp, r.stderr)
	}
	r.want(t, with(withoutPassword, map[string]int64{"imported": 3}))
	const reported = "malformed 6 true\nmalformed 10 true\n" +
		"collision 2 true\ncollision 4 true\ncollision 9 true\nrefused-address 5 true\n" +
		"unknown-hash 7 false\nunknown-time 8 false\nmore-fields 8 false"
	if r.kinds() != reported {
		t.Errorf("got the report\n%s\nwant\n%s", r.kinds(), reported)
	}
	for _, f := range r.report {
		if f.Kind == collision && (f.Group != 1 || f.Key != "bob@example.org" || !strings.EqualFold(f.Email, f.Key)) {
			t.Error("a collision lacks its group or key, want group 1 and bob@example.org")
		}
	}
	u, err := target.Get(t.Context(), "ada@example.org")
	if err != nil || u.Email != "Ada@example.org" || u.LastName != "Lovelace" || !u.CheckPassword("test") {
		t.Errorf("got another user than at the source (error %v), want the same", err)
	}
	if n := len(users(t, target)); n != 3 {
		t.Errorf("got %d users, want 3", n)
	}

	// A second run recognizes the users that it can.
	r = run(t, t.Context(), target, everything, "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"there already": 2, "there already under another ID": 1}))
	if r.status != 0 || !strings.HasSuffix(r.kinds(), "\nother-id 7 true") {
		t.Errorf("got status %d and the report\n%s\nwant 0 and other-id 7 at the end", r.status, r.kinds())
	}
	changed := strings.Replace(sourceOf(nil), "$k", "$K", 1) // another password
	r = run(t, t.Context(), target, changed)
	r.want(t, map[string]int64{"documents read": 1, "there already under another ID": 1})
	if u, err := target.Get(t.Context(), "ada@example.org"); err != nil || !u.CheckPassword("test") {
		t.Errorf("a user was replaced (error %v), want the first password to remain", err)
	}
}

// An address is stored in its normal form.
func TestStored(t *testing.T) {
	target := &fakeTarget{Store: memstore.New()}
	r := run(t, t.Context(), target, sourceOf(map[string]any{"email_address": " Ada@example.org\n"}))
	r.want(t, map[string]int64{"documents read": 1, "imported": 1})
	u, err := target.Get(t.Context(), "ada@example.org")
	if err != nil || u.Email != "Ada@example.org" {
		t.Errorf("got %v, the address as typed without white space: %t; want nil, true", err, u.Email == "Ada@example.org")
	}
}

func users(t *testing.T, f *fakeTarget) []signup.User {
	t.Helper()
	var all []signup.User
	for u, err := range f.All(t.Context()) {
		if err != nil {
			t.Fatalf("All: got the error %v, want nil", err)
		}
		all = append(all, u)
	}
	return all
}

func TestStrict(t *testing.T) {
	target := &fakeTarget{Store: memstore.New()}
	r := run(t, t.Context(), target, everything, "-strict", "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"imported": 1, "left behind by -strict": 2}))
	if r.status != exitLeftBehind || !strings.HasSuffix(r.kinds(), "unknown-hash 7 true\nunknown-time 8 true\nmore-fields 8 true") {
		t.Errorf("got status %d and the report\n%s\nwant %d and three documents left behind at the end", r.status, r.kinds(), exitLeftBehind)
	}
	if r := run(t, t.Context(), target, sourceOf(nil), "-strict"); r.status != 0 {
		t.Errorf("got status %d though no user was left behind, want 0", r.status)
	}
}

func TestDryRun(t *testing.T) {
	target := &fakeTarget{Store: memstore.New()}
	r := run(t, t.Context(), target, everything, "-dry-run", "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"would be imported": 3}))
	if n := len(users(t, target)); r.status != 0 || n != 0 || target.setUp != 0 {
		t.Errorf("got status %d, %d users and %d calls of Setup, want 0 of each", r.status, n, target.setUp)
	}
	run(t, t.Context(), target, sourceOf(nil)+"\n"+sourceOf(map[string]any{"email_address": "dave@example.org"}))
	r = run(t, t.Context(), target, everything, "-dry-run", "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"would be imported": 1, "there already": 1, "there already under another ID": 1}))
	if n := len(users(t, target)); n != 2 {
		t.Errorf("got %d users, want 2", n)
	}

	target.Store = nil // a call of it panics
	target.findings = []esstore.Finding{{Code: "no-alias"}, {Code: "security-off"}}
	r = run(t, t.Context(), target, everything, "-dry-run", "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"would be imported": 3}))
	target.findings = []esstore.Finding{{Code: "foreign-index", Problem: "It is another program's."}}
	r = run(t, t.Context(), target, everything, "-dry-run", "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"not tried": 3}))
	if r.status != exitFailed || !strings.Contains(r.stderr, "another program's") {
		t.Errorf("got status %d, %s; want %d and the finding's problem", r.status, r.stderr, exitFailed)
	}
}

// A user that fails doesn't keep others from being migrated, and another run tries
// it again.
func TestFailures(t *testing.T) {
	down := errors.New("esstore: import: status 503")
	target := &fakeTarget{Store: memstore.New(), importer: func(n int, _ signup.User) error {
		return []error{down, fmt.Errorf("esstore: a user too long: %w", signup.ErrInvalid), nil}[n]
	}}
	r := run(t, t.Context(), target, everything, "-without-password")
	want := with(withoutPassword, map[string]int64{"imported": 1, "failed": 1, "left behind: malformed": 3})
	r.want(t, want)
	if r.status != exitFailed || !strings.Contains(r.stderr, "status 503") || !strings.HasSuffix(r.kinds(), "\nfailed 1 false\nmalformed 7 true") {
		t.Errorf("got status %d, %s and the report\n%s\nwant %d, the first error, and the failed and the malformed document", r.status, r.stderr, r.kinds(), exitFailed)
	}
	target.importer = nil
	if r := run(t, t.Context(), target, everything, "-without-password"); r.status != 0 {
		t.Errorf("got status %d at the second try, want 0", r.status)
	}
}

// An interrupted run counts what it did, and the next run continues.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	target := &fakeTarget{Store: memstore.New(), importer: func(n int, _ signup.User) error {
		if n == 1 {
			cancel()
			return context.Canceled
		}
		return nil
	}}
	r := run(t, ctx, target, everything, "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"imported": 1, "failed": 1, "not tried": 1}))
	if r.status != exitFailed || !strings.Contains(r.stderr, "interrupted") {
		t.Errorf("got status %d, %s; want %d and that it was interrupted", r.status, r.stderr, exitFailed)
	}
	target.importer = nil
	r = run(t, t.Context(), target, everything, "-without-password")
	r.want(t, with(withoutPassword, map[string]int64{"imported": 2, "there already": 1}))

	r = run(t, ctx, target, everything, "-without-password") // while it reads
	r.want(t, nil)
	if r.status != exitFailed {
		t.Errorf("got status %d, want %d", r.status, exitFailed)
	}
}

// Only its owner can read the report, also if the file existed before.
func TestReportFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(name, []byte(strings.Repeat("what was there\n", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := newReport(name)
	if err != nil {
		t.Fatal(err)
	}
	r.add(finding{Kind: malformed, place: place{Line: 7}, Problem: "a <problem>"})
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	const want = `{"kind":"malformed","line":7,"left_behind":false,"problem":"a \u003cproblem\u003e"}` + "\n"
	if err != nil || string(text) != want {
		t.Errorf("got the report %q, error %v; want %q", text, err, want)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got the mode %v, error %v; want 0600", info.Mode(), err)
	}
	if _, err := newReport(filepath.Join(name, "none")); err == nil {
		t.Error("got no error for a report that can't be opened, want one")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return // not on this system
	}
	lost := &report{file: full, w: bufio.NewWriter(full)}
	lost.add(finding{})
	if err := lost.close(); err == nil {
		t.Error("got no error for a report that can't be written, want one")
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
	}{
		{[]string{"-h"}, 0}, {[]string{"-no-such-flag"}, exitUsage}, {[]string{"argument"}, exitUsage},
		{[]string{"-from-file", "testdata/no such file"}, exitFailed},
		{[]string{"-to", "http://u:secret@host:x"}, exitFailed}, {[]string{"-to", "localhost:9200"}, exitFailed},
		{[]string{"-to-ca", "testdata/no such file"}, exitFailed}, {[]string{"-from", "ftp://u:secret@localhost"}, exitFailed},
	} {
		var stdout, stderr bytes.Buffer
		p := program{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, open: open}
		if status := p.run(t.Context(), c.args); status != c.status {
			t.Errorf("%q: got status %d, want %d", c.args, status, c.status)
		}
		if c.status == 0 != (stderr.Len() == 0) || c.status == 0 == (stdout.Len() == 0) || strings.Contains(stderr.String(), "secret") {
			t.Errorf("%q: got %q as output and %q as errors, want one of them, without the password", c.args, &stdout, &stderr)
		}
	}
}

var update = flag.Bool("update", false, "write testdata/help.txt")

func TestHelp(t *testing.T) {
	var stdout bytes.Buffer
	program{stdout: &stdout, stderr: io.Discard}.run(t.Context(), []string{"-h"})
	const golden = "testdata/help.txt"
	if *update {
		if err := os.WriteFile(golden, stdout.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if stdout.String() != string(want) {
		t.Errorf("got the help\n%s\nwant that of %s: run the test with -update, and check the difference", &stdout, golden)
	}
	for n, line := range slices.Collect(strings.Lines(stdout.String())) {
		if len(strings.ReplaceAll(line, "\t", "        ")) > 96 {
			t.Errorf("line %d is longer than 96 columns, want at most 96", n+1)
		}
	}
}

// Credentials are read from the URL, or otherwise from the environment.
func TestCredentials(t *testing.T) {
	t.Setenv("MIGRATE_TO_USER", "to")
	t.Setenv("MIGRATE_TO_PASSWORD", "p:@/")
	t.Setenv("MIGRATE_FROM_USER", "from")
	t.Setenv("MIGRATE_FROM_PASSWORD", "q")
	for _, c := range []struct {
		to, from string // the flags; URL stands for the address of the server
		want     string // user and password of the requests
	}{
		{"http://URL", "", "to p:@/"},
		{"http://URL", "http://URL", "from q"},
		{"http://URL", "http://in:url@URL", "in url"},
		{"http://in:url@URL", "", "in url"},
	} {
		from := httptest.NewServer(basicAuth(t, c.want))
		host := strings.TrimPrefix(from.URL, "http://")
		var output bytes.Buffer
		p := program{stdout: &output, stderr: &output,
			open: func(server, string) (target, error) { return &fakeTarget{Store: memstore.New()}, nil }}
		args := []string{"-to", strings.Replace(c.to, "URL", host, 1)}
		if c.from != "" {
			args = append(args, "-from", strings.Replace(c.from, "URL", host, 1))
		}
		if status := p.run(t.Context(), args); status != 0 {
			t.Errorf("got status %d, %s; want 0", status, &output)
		}
		from.Close()
	}
}

// The search for secrets in the output of these tests finds planted ones.
func TestPlanted(t *testing.T) { leaktest.Plant(t) }
