package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A result is that of one run.
type result struct {
	code           int
	stdout, stderr string
}

// A runner runs the program with an environment.
type runner struct {
	env   map[string]string
	stdin io.Reader
}

func (r runner) getenv(name string) string { return r.env[name] }

func (r runner) run(ctx context.Context, args ...string) result {
	var stdout, stderr bytes.Buffer
	in := r.stdin
	if in == nil {
		in = strings.NewReader("")
	}
	code := run(ctx, args, r.getenv, in, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// on returns a runner for the store with this URL.
func on(url string) runner { return runner{env: map[string]string{"SIGNUP_STORE": url}} }

// want checks the exit code, and that stdout and stderr have each of the parts. A part
// that begins with "2:" is of stderr.
func (r result) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("got the exit code %d, want %d; stderr: %s", r.code, code, shown(r.stderr))
	}
	if strings.Contains(r.stderr, "signup: signup: ") {
		t.Errorf("got %s, want the program's name once", shown(r.stderr))
	}
	for _, part := range parts {
		text := r.stdout
		if errors, ok := strings.CutPrefix(part, "2:"); ok {
			part, text = errors, r.stderr
		}
		if !strings.Contains(text, part) {
			t.Errorf("got %s, want %s in it", shown(text), shown(part))
		}
	}
}

// shown returns text without addresses, which the output of tests must not have.
func shown(text string) string { return fmt.Sprintf("%q", strings.ReplaceAll(text, "@", " at ")) }

// objects returns the lines of text, each of which must be a JSON object.
func objects(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("got the line %s, want a JSON object: %v", shown(line), err)
		}
		all = append(all, o)
	}
	return all
}

// one returns the JSON object that text is.
func one(t *testing.T, text string) map[string]any {
	t.Helper()
	all := objects(t, text)
	if len(all) != 1 {
		t.Fatalf("got %d JSON objects, want 1", len(all))
	}
	return all[0]
}

// hash is bcrypt's.
const hash = "$2a$04$sPyuEGqNlNHPlM/5ZDT6n.TX4hBTYyYFMdl9fBIBYQGHG64qmmgYq"

// person returns a user with a value in each field. Number i was created i days after
// the first of March 2026.
func person(i int) signup.User {
	at := time.Date(2026, time.March, 1+i, 12, 0, 0, 123e6, time.UTC)
	u := signup.User{
		ID: fmt.Sprintf("id-%03d", i), Email: fmt.Sprintf("User%03d@example.org", i), FirstName: "Ada", LastName: fmt.Sprintf("L%03d", i),
		PasswordHash: hash, Active: i%2 == 0, CreatedAt: at, UpdatedAt: at, SecurityStamp: fmt.Sprint("stamp-", i), Private: `{"link_log_ins":7}`,
		Profile: map[string]string{"company": "Engines"},
	}
	if i%3 == 0 {
		u.EmailVerifiedAt = at.Add(time.Hour)
	}
	return u
}

func address(i int) string { return fmt.Sprintf("user%03d@example.org", i) }

// fill stores n people through the program's own connection.
func fill(t *testing.T, url string, n int) {
	t.Helper()
	s := opened(t, url)
	for i := range n {
		u := person(i)
		if err := s.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create: got the error %v, want nil", err)
		}
	}
}

// opened returns the store of this URL, which is closed at the end of the test.
func opened(t *testing.T, url string) store {
	t.Helper()
	c := &call{env: on(url).getenv, stderr: io.Discard}
	s, err := c.open(false)
	if err != nil {
		t.Fatalf("open: got the error %v, want nil", err)
	}
	t.Cleanup(s.close)
	return s
}

func stored(t *testing.T, url string, i int) signup.User {
	t.Helper()
	u, err := opened(t, url).Get(t.Context(), address(i))
	if err != nil {
		t.Fatalf("Get: got the error %v, want nil", err)
	}
	return u
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
