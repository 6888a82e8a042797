package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// exposure is what the note of a file has.
const exposure = " gives other users access: chmod 600"

// wantNote checks whether opening the store notes the file. The store isn't reached.
func wantNote(t *testing.T, env map[string]string, file string, want bool) {
	t.Helper()
	var stderr strings.Builder
	c := &call{env: func(name string) string { return env[name] }, stderr: &stderr}
	s, err := c.open(false)
	if err != nil {
		t.Fatalf("open: got the error %v, want nil", err)
	}
	s.close()
	if got := strings.Contains(stderr.String(), "note: "+file+" has a secret, and its mode"); got != want {
		t.Errorf("got the note %t, want it %t; stderr: %s", got, want, shown(stderr.String()))
	}
	if !want && stderr.String() != "" {
		t.Errorf("got %s on stderr, want nothing", shown(stderr.String()))
	}
}

// fileOfMode makes a file of that mode, whatever the umask is.
func fileOfMode(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	name := writeFile(t, filepath.Join(t.TempDir(), "file"), text)
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// A file with a secret is noted if its mode gives access to others than its owner.
func TestExposedModes(t *testing.T) {
	for mode, want := range map[os.FileMode]bool{
		0o600: false, 0o400: false, 0o700: false,
		0o640: true, 0o644: true, 0o604: true, 0o444: true, 0o620: true, 0o602: true,
	} {
		file := fileOfMode(t, mode, secret)
		env := map[string]string{"SIGNUP_STORE": "http://127.0.0.1:1", "SIGNUP_ELASTICSEARCH_API_KEY_FILE": file}
		t.Run(mode.String(), func(t *testing.T) { wantNote(t, env, file, want) })
	}
}

// Each file that has a secret is noted, and no other one.
func TestExposedFiles(t *testing.T) {
	const elastic, es = "SIGNUP_ELASTICSEARCH_", "http://127.0.0.1:1"
	with := func(text string) string { return fileOfMode(t, 0o644, text) }
	password, user := with(secret), with("u")
	withPassword, without := with("postgres://u:"+escapedSecret+"@127.0.0.1:1/d"), with("postgres://u@127.0.0.1:1/d")
	inParameter := with("postgres://u@127.0.0.1:1/d?password=" + escapedSecret)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(password, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		file string
		want bool
	}{
		{"password", map[string]string{"SIGNUP_STORE": es, elastic + "USERNAME": "u", elastic + "PASSWORD_FILE": password}, password, true},
		{"a link", map[string]string{"SIGNUP_STORE": es, elastic + "API_KEY_FILE": link}, link, true},
		{"user", map[string]string{"SIGNUP_STORE": es, elastic + "USERNAME_FILE": user, elastic + "PASSWORD": secret}, user, false},
		{"URL with a password", map[string]string{"SIGNUP_STORE_FILE": withPassword}, withPassword, true},
		{"URL with a parameter", map[string]string{"SIGNUP_STORE_FILE": inParameter}, inParameter, true},
		{"URL without", map[string]string{"SIGNUP_STORE_FILE": without}, without, false},
	} {
		t.Run(c.name, func(t *testing.T) { wantNote(t, c.env, c.file, c.want) })
	}
}

// The files of PostgreSQL's clients are noted if a secret is from them.
func TestExposedByPostgreSQL(t *testing.T) {
	const url = "postgres://u@127.0.0.1:1/d?sslmode=disable"
	home := t.TempDir()
	t.Setenv("HOME", home)
	wantNote(t, map[string]string{"SIGNUP_STORE": url}, filepath.Join(home, ".pgpass"), false)

	pass := writeFile(t, filepath.Join(home, ".pgpass"), "127.0.0.1:1:d:u:"+secret+"\n")
	service := fileOfMode(t, 0o644, "[site]\nhost=127.0.0.1\nport=1\nuser=u\npassword="+secret+"\nsslmode=disable\n")
	if err := os.Chmod(pass, 0o640); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url, file string
		want      bool
	}{
		"the password file":   {url, pass, true},
		"another user":        {strings.Replace(url, "u@", "v@", 1), pass, false},
		"a password":          {strings.Replace(url, "u@", "u:x@", 1), pass, false},
		"a password file set": {url + "&passfile=" + service, pass, false},
		"a service":           {"postgres:///d?service=site&servicefile=" + service, service, true},
	} {
		t.Run(name, func(t *testing.T) { wantNote(t, map[string]string{"SIGNUP_STORE": c.url}, c.file, c.want) })
	}
	t.Run("a key", func(t *testing.T) {
		certificate, key := clientKey(t)
		url := "postgres://v@127.0.0.1:1/d?sslcert=" + certificate + "&sslkey=" + key
		wantNote(t, map[string]string{"SIGNUP_STORE": url + "&sslmode=require"}, key, true)
		wantNote(t, map[string]string{"SIGNUP_STORE": url + "&sslmode=disable"}, key, false)
	})
	t.Run("PGPASSWORD", func(t *testing.T) {
		t.Setenv("PGPASSWORD", secret)
		wantNote(t, map[string]string{"SIGNUP_STORE": url}, pass, false)
	})
	t.Run("no such file", func(t *testing.T) {
		t.Setenv("PGPASSFILE", pass+"x")
		on(url).run(t.Context(), "check").want(t, exitBusy, "2:note: PGPASSFILE: ", "2:.pgpassx: no such file")
	})
}

// clientKey makes a certificate and a key that others can read.
func clientKey(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	file := func(kind string, content []byte) string {
		return fileOfMode(t, 0o644, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})))
	}
	return file("CERTIFICATE", public), file("PRIVATE KEY", encoded)
}

// Scripts get no note, because standard error then has an object only.
func TestExposedJSON(t *testing.T) {
	file := fileOfMode(t, 0o644, secret)
	r := runner{env: map[string]string{"SIGNUP_STORE": "http://127.0.0.1:1", "SIGNUP_ELASTICSEARCH_API_KEY_FILE": file}}
	got := r.run(t.Context(), "check")
	got.want(t, exitBusy, "2:"+exposure)
	got.wantNoSecret(t)
	got = r.run(t.Context(), "-json", "check")
	got.want(t, exitBusy)
	one(t, got.stderr)
}
