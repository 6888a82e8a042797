package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

const notedDown = `password "correct horse battery"
password "correct horse battery"
password "short"
password "planted for the search: p"
address "Ada@example.org"
address "ada@example.org"
address "a@b.co"
address "not an address"
address "planted-for-the-search-X@example.org"
hash "$2a$04$abcdefghijk/"
hash "planted for the search: h"
`

func TestReadSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets")
	if _, err := readSecrets(file); err == nil {
		t.Error("without the file, there is no error")
	}
	write(t, file, notedDown)
	s, err := readSecrets(file)
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string][2][]string{
		password: {{"correct horse battery"}, {leaktest.Planted + "p"}},
		address:  {{"Ada@example.org", "ada@example.org"}, {leaktest.PlantedAddress + "X@example.org"}},
		hash:     {{"$2a$04$abcdefghijk/"}, {leaktest.Planted + "h"}},
	} {
		if !slices.Equal(s.others[kind], want[0]) || !slices.Equal(s.planted[kind], want[1]) {
			t.Errorf("%s: %q and, planted, %q", kind, s.others[kind], s.planted[kind])
		}
	}
	if got, want := s.String(), "1 passwords, 2 addresses and 1 hashes, but for 3 that were planted"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	write(t, file, "password unquoted\n")
	if _, err := readSecrets(file); err == nil {
		t.Error("of a line that is broken, there is no error")
	}
}

func TestSearch(t *testing.T) {
	const clean = "=== RUN TestX\nplanted for the search: p planted-for-the-search-x@example.org planted for the search: h\n"
	for _, c := range []struct{ name, output, record, want string }{
		{"clean", clean, "", ""},
		{"clean record", clean, "span: get\n", ""},
		{"planted in the record", strings.ReplaceAll(clean, "planted for the search: h", ""), "planted+for+the+search%3A+h", ""},
		{"password", clean + "the correct horse battery", "", "kind password"},
		{"password in the record", clean, "q=correct+horse%20battery correct+horse+battery", "kind password"},
		{"address", clean, "GET /users?email=ADA%40example.org\n", "kind address"},
		{"hash", clean + `{"hash":"$2a$04$abcdefghijk\/"}`, "", "kind hash"},
		{"no planted password", strings.ReplaceAll(clean, ": p", ""), "", "of the kind password"},
		{"no planted address", strings.ReplaceAll(clean, "-x@", ""), "", "of the kind address"},
		{"no planted hash", strings.ReplaceAll(clean, ": h", ""), "", "of the kind hash"},
		{"nothing", "", "", "planted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			secrets, record := filepath.Join(dir, "secrets"), filepath.Join(dir, "record")
			write(t, secrets, notedDown)
			if c.record != "" {
				write(t, record, c.record)
			}
			found, err := searchAll(c.output, record, secrets)
			switch {
			case c.want == "" && (err != nil || !strings.Contains(found, "none of 1 passwords, 2 addresses and 1 hashes")):
				t.Errorf("%s, %v", found, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

// If nothing was planted, the search may be broken.
func TestSearchWithoutPlanted(t *testing.T) {
	s := secrets{others: map[string][]string{password: {"correct horse battery"}}}
	if err := s.search("nothing"); err == nil {
		t.Error("there is no error")
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
