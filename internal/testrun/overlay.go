package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The kinds of secrets; testdata/secrets.go has them and the variable, too.
const (
	password = "password"
	address  = "address"
	hash     = "hash"

	secretsEnv = "SIGNUP_TEST_SECRETS" // a file
)

var kinds = []string{password, address, hash}

// hooks are where the package signup meets each secret. In the place of a line
// that the source has once, the tests get another, which notes the secret down.
// Every Store asks for a user's Key before it writes them, and sets it when it
// has read them.
var hooks = []struct{ file, line, noting string }{
	{"hasher.go", `func checkPasswordText(password string) *FieldError {`,
		`func checkPasswordText(password string) *FieldError { noteSecret("password", password);`},
	{"hasher.go", `func nfc(password string) string { return norm.NFC.String(password) }`,
		`func nfc(password string) string { noteSecret("password", password); return norm.NFC.String(password) }`},
	{"email.go", `func CanonicalEmail(s string) (string, error) {`,
		`func CanonicalEmail(s string) (noted string, _ error) { noteSecret("address", s); defer func() { noteSecret("address", noted) }();`},
	{"user.go", `func (u User) CheckPassword(password string) bool {`,
		`func (u User) CheckPassword(password string) bool { noteSecret("password", password);`},
	{"user.go", `func (u User) Key() string {`,
		`func (u User) Key() string { noteUser(u);`},
	{"user.go", `func (u *User) SetKey(key, rule string) { u.key, u.rule, u.keyOf = key, rule, u.Email }`,
		`func (u *User) SetKey(key, rule string) { u.key, u.rule, u.keyOf = key, rule, u.Email; noteUser(*u) }`},
	{"bcrypt.go", `func (b Bcrypt) Hash(password string) (Hash, error) {`,
		`func (b Bcrypt) Hash(password string) (noted Hash, _ error) { defer func() { noteSecret("hash", string(noted)) }();`},
	{"argon2id.go", `func (a Argon2id) Hash(password string) (Hash, error) {`,
		`func (a Argon2id) Hash(password string) (noted Hash, _ error) { defer func() { noteSecret("hash", string(noted)) }();`},
	{"hash.go", `func parseHash(h Hash) (hashfmt.Hash, bool) {`,
		`func parseHash(h Hash) (hashfmt.Hash, bool) { noteSecret("hash", string(h));`},
}

// writeOverlay makes files in dir that the compiler is to take for those of the
// package in root, and returns the list of them, for go build -overlay.
func writeOverlay(root, dir string) (path string, err error) {
	replace := map[string]string{
		filepath.Join(root, "secrets_noted.go"): filepath.Join(root, "internal", "testrun", "testdata", "secrets.go"),
	}
	texts := make(map[string]string) // by file
	for _, h := range hooks {
		text, read := texts[h.file]
		if !read {
			source, err := os.ReadFile(filepath.Join(root, h.file))
			if err != nil {
				return "", err
			}
			text = string(source)
		}
		before, after, _ := strings.Cut(text, "\n"+h.line+"\n")
		if strings.Count(text, "\n"+h.line+"\n") != 1 {
			return "", fmt.Errorf("%s must have this line once, where secrets are noted down: %s", h.file, h.line)
		}
		texts[h.file] = before + "\n" + h.noting + "\n" + after
	}
	for file, text := range texts {
		replace[filepath.Join(root, file)] = filepath.Join(dir, file)
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}
