package legacyhash_test

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/text/unicode/norm"
)

// A vector is a hash that Program made of Password.
type vector struct {
	Format, Program, Password string
	Hash                      string
	Salt                      string                        // Firebase
	Firebase                  legacyhash.FirebaseParameters // Firebase
	CredentialData            string                        // Keycloak
	SecretData                string                        // Keycloak
	Pepper                    string                        // Devise
}

// prepare returns the format of v and the text to store.
func (v vector) prepare(t testing.TB) (f signup.HashFormat, h signup.Hash) {
	t.Helper()
	var err error
	h = signup.Hash(v.Hash)
	switch v.Format {
	case "Devise":
		f = legacyhash.Devise(v.Pepper)
		h, err = legacyhash.DeviseHash(v.Hash)
	case "Firebase":
		if f, err = legacyhash.Firebase(v.Firebase); err == nil {
			h, err = legacyhash.FirebaseHash(v.Hash, v.Salt)
		}
	case "Keycloak":
		f = legacyhash.Keycloak
		h, err = legacyhash.KeycloakHash(v.CredentialData, v.SecretData)
	default:
		f = formats[v.Format]
	}
	if f == nil || err != nil {
		t.Fatalf("%s: got format %v and error %v, want a format and nil", v.Program, f != nil, err)
	}
	return f, h
}

var formats = map[string]signup.HashFormat{
	"Crypt": legacyhash.Crypt, "PHPass": legacyhash.PHPass, "Drupal7": legacyhash.Drupal7, "LDAP": legacyhash.LDAP,
	"BcryptSHA256": legacyhash.BcryptSHA256, "Spring": legacyhash.Spring, "Keycloak": legacyhash.Keycloak,
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(data, &all); err != nil || len(all) == 0 {
		t.Fatalf("got %d vectors and %v, want some and nil", len(all), err)
	}
	return all
}

// builtIn reports whether v needs no format: Keycloak's argon2.
func (v vector) builtIn() bool { return strings.Contains(v.CredentialData, `"argon2"`) }

// isTooLong reports whether the password of v is longer than the formats accept that
// hash it again in each round.
func (v vector) isTooLong() bool {
	switch v.Format {
	case "Crypt", "PHPass", "Drupal7":
		return len(v.Password) > 72
	}
	return false
}

func TestEachVectorMatchesItsPasswordAlone(t *testing.T) {
	for i, v := range vectors(t) {
		t.Run(v.Format+" "+strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			f, h := v.prepare(t)
			if v.builtIn() {
				if u := (signup.User{PasswordHash: h}); !u.CheckPassword(v.Password) || u.CheckPassword(v.Password+"x") {
					t.Errorf("%s: got no match for the password alone, want one", v.Program)
				}
				return
			}
			p, ok := f.ParseHash(h)
			if !ok || p.Scheme == "" || p.Work.Rounds < 1 || p.Work.Memory < 0 {
				t.Fatalf("%s: got %t, %q and %+v, want true, a name and at least 1 round", v.Program, ok, p.Scheme, p.Work)
			}
			if got, want := p.Matches([]byte(v.Password)), !v.isTooLong(); got != want {
				t.Errorf("%s: got a match for the password of %d bytes: %t, want %t", v.Program, len(v.Password), got, want)
			}
			wrong := []string{v.Password + "x", "x" + v.Password, strings.ToUpper(v.Password), v.Password + "\x00"}
			if strings.HasPrefix(p.Scheme, "spring-pbkdf2") || p.Work.Rounds > 256 {
				wrong = wrong[:1]
			}
			for _, password := range wrong {
				if password != v.Password && p.Matches([]byte(password)) {
					t.Errorf("%s: got a match for another password (%d bytes), want none", v.Program, len(password))
				}
			}
		})
	}
}

func TestNoTextIsInTwoFormats(t *testing.T) {
	for _, v := range vectors(t) {
		_, h := v.prepare(t)
		count := 0
		for _, f := range append(legacyhash.All(), legacyhash.Devise("a pepper")) {
			if _, ok := f.ParseHash(h); ok {
				count++
			}
		}
		want := 1
		if v.builtIn() || v.Format == "Firebase" {
			want = 0
		}
		if count != want {
			t.Errorf("%s: got %d formats that accept the hash, want %d", v.Program, count, want)
		}
		if (h.Scheme() != "") != v.builtIn() {
			t.Errorf("%s: got scheme %q of package signup, want one only for argon2id", v.Program, h.Scheme())
		}
	}
}

// A user logs in with the old password, in the form in which it was typed, and the
// hash becomes one of Accounts.
func TestLogInReplacesTheHash(t *testing.T) {
	ctx := context.Background()
	seen := map[string]bool{}
	for _, v := range vectors(t) {
		f, h := v.prepare(t)
		p, _ := f.ParseHash(h)
		kind := v.Format + p.Scheme + norm.NFC.String(v.Password)
		if seen[kind] || v.Password == "" || v.isTooLong() {
			continue
		}
		seen[kind] = true
		for _, typed := range []string{v.Password, norm.NFD.String(v.Password)} {
			a := &signup.Accounts{Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}, HashFormats: []signup.HashFormat{f}}
			u := signup.User{ID: "1", Email: "ada@example.org", Active: true, PasswordHash: h}
			if err := a.Store.Create(ctx, &u); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Authenticate(ctx, "ada@example.org", typed+"x"); err != signup.ErrBadCredentials {
				t.Errorf("%s: got %v for a wrong password, want ErrBadCredentials", v.Program, err)
			}
			for range 2 {
				u, err := a.Authenticate(ctx, "ada@example.org", typed)
				if err != nil || u.PasswordHash.Scheme() != "bcrypt" && u.PasswordHash.Scheme() != "bcrypt-hmac-sha384" {
					t.Errorf("%s: got %v and scheme %q, want nil and bcrypt", v.Program, err, u.PasswordHash.Scheme())
				}
			}
			if typed == norm.NFC.String(typed) && typed == norm.NFD.String(typed) {
				break
			}
		}
	}
}
