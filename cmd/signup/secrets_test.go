package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

// secret must not be in any output. It has characters that a URL escapes.
const secret = "s3cr3t/of&the=store?"

const escapedSecret = "s3cr3t%2Fof%26the%3Dstore%3F"

// wantNoSecret checks that the output has the secret in none of its forms.
func (r result) wantNoSecret(t *testing.T) {
	t.Helper()
	if found := leaktest.Find(r.stdout+r.stderr, []string{secret}); len(found) > 0 {
		t.Error("got the secret in the output, want it left out")
	}
}

// A password is refused in an argument, and the error names the alternatives.
func TestPasswordInArgument(t *testing.T) {
	for _, url := range []string{
		"postgres://u:" + escapedSecret + "@h/d", "postgresql://u:" + escapedSecret + "@h/d", "postgres://u@h/d?password=" + escapedSecret,
		"postgres://u@h/d?sslpassword=" + escapedSecret, "postgres://u@h/d?PASSWORD=" + escapedSecret, "postgres://u@h/d?pass%77ord=" + escapedSecret,
		"https://u:" + escapedSecret + "@h:9200", "https://h:9200?api_key=" + escapedSecret, "ftp://u:" + escapedSecret + "@h",
	} {
		for _, command := range []string{"check", "role", "schema", "setup"} {
			r := runner{}.run(t.Context(), "-store", url, command)
			r.want(t, exitUsage, "2:PGPASSWORD", "2:PGPASSFILE", "2:SIGNUP_ELASTICSEARCH_API_KEY", "2:_FILE", "2:SIGNUP_STORE")
			r.wantNoSecret(t)
			r = runner{}.run(t.Context(), command, "-json", "-store="+url)
			r.want(t, exitUsage)
			r.wantNoSecret(t)
			one(t, r.stderr)
		}
	}
}

// No error has a secret, wherever it comes from and whatever is wrong.
func TestErrorsKeepSecrets(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "secret"), secret+"\n")
	for name, env := range map[string]map[string]string{
		"malformed":                 {"SIGNUP_STORE": "postgres://u:" + secret + "%zz@h/d"},
		"a malformed port":          {"SIGNUP_STORE": "postgres://u:" + escapedSecret + "@h:port/d"},
		"malformed parameters":      {"SIGNUP_STORE": "postgres://u@h/d?password=%zz" + escapedSecret},
		"an unknown sslmode":        {"SIGNUP_STORE": "postgres://u:" + escapedSecret + "@h/d?sslmode=often"},
		"two passwords":             {"SIGNUP_STORE": "postgres://u:x@h/d?sslmode=often&password=" + escapedSecret},
		"a scheme that is none":     {"SIGNUP_STORE": "mysql://u:" + escapedSecret + "@h/d"},
		"no scheme":                 {"SIGNUP_STORE": "host=h password=" + secret},
		"PostgreSQL is down":        {"SIGNUP_STORE": "postgres://u:" + escapedSecret + "@127.0.0.1:1/d"},
		"a file for the URL":        {"SIGNUP_STORE_FILE": writeFile(t, filepath.Join(t.TempDir(), "url"), "postgres://u:"+escapedSecret+"@127.0.0.1:1/d\n")},
		"Elasticsearch is down":     {"SIGNUP_STORE": "http://u:" + escapedSecret + "@127.0.0.1:1"},
		"a user":                    {"SIGNUP_STORE": "http://127.0.0.1:1", "SIGNUP_ELASTICSEARCH_USERNAME": "u", "SIGNUP_ELASTICSEARCH_PASSWORD": secret},
		"a user without a password": {"SIGNUP_STORE": "http://127.0.0.1:1", "SIGNUP_ELASTICSEARCH_PASSWORD_FILE": file},
		"an API key and a user":     {"SIGNUP_STORE": "http://u:x@127.0.0.1:1", "SIGNUP_ELASTICSEARCH_API_KEY_FILE": file},
		"a parameter":               {"SIGNUP_STORE": "http://127.0.0.1:1?x=y&api_key=" + escapedSecret},
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range [][]string{{"check"}, {"-json", "-v", "show", "x@y.example"}, {"-v", "end-sessions", "x@y.example"}} {
				r := runner{env: env}.run(t.Context(), args...)
				if r.code == exitDone || r.stderr == "" {
					t.Errorf("got the exit code %d and %d bytes on stderr, want an error", r.code, len(r.stderr))
				}
				r.wantNoSecret(t)
			}
		})
	}
}

// PostgreSQL's own variables work, and their secrets aren't shown.
func TestPGPASSWORD(t *testing.T) {
	t.Setenv("PGPASSWORD", secret)
	r := on("postgres://u@127.0.0.1:1/d").run(t.Context(), "check")
	r.want(t, exitBusy)
	r.wantNoSecret(t)
	c := &call{env: func(string) string { return "" }, store: "postgres://u@h/d"}
	if _, err := c.open(false); err != nil {
		t.Fatalf("open: got the error %v, want nil", err)
	}
	if !strings.Contains(strings.Join(c.secrets, "\n"), secret) {
		t.Error("got no password from PGPASSWORD, want it")
	}
}

func TestSecret(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "secret"), " \n"+secret+"\r\n")
	empty := writeFile(t, filepath.Join(t.TempDir(), "empty"), "\n")
	for _, c := range []struct {
		name       string
		env        map[string]string
		want, fail string
	}{
		{"neither", nil, "", ""},
		{"the variable", map[string]string{"X": secret}, secret, ""},
		{"the file", map[string]string{"X_FILE": file}, secret, ""},
		{"both", map[string]string{"X": secret, "X_FILE": file}, "", "X and X_FILE are both set"},
		{"no such file", map[string]string{"X_FILE": file + "x"}, "", "X_FILE: open "},
		{"an empty file", map[string]string{"X_FILE": empty}, "", "X_FILE: the file is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := (&call{env: func(name string) string { return c.env[name] }}).secret("X")
			if got != c.want {
				t.Errorf("got a secret of %d bytes, want %d", len(got), len(c.want))
			}
			if (err != nil) != (c.fail != "") || err != nil && !strings.HasPrefix(err.Error(), c.fail) {
				t.Errorf("got the error %v, want %q", err, c.fail)
			}
			if err != nil && codeOf(err) != exitUsage {
				t.Errorf("got the exit code %d, want %d", codeOf(err), exitUsage)
			}
		})
	}
}

// Redaction is for what a driver may put into an error or a record.
func TestRedact(t *testing.T) {
	c := &call{}
	c.keepSecret(secret)
	c.keepSecret("")
	var b strings.Builder
	if _, err := (redactor{c, &b}).Write([]byte("a " + secret + " b " + escapedSecret + " c")); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "a [redacted] b [redacted] c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
