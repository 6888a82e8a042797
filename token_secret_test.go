package signup_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

const secretKey = "0123456789 correct horse secret key"

// secretForms are the forms in which programs show bytes.
func secretForms() []string {
	part := secretKey[11:20] // a part, as elements of a slice may be separated
	return []string{
		part, fmt.Sprintf("%x", part), fmt.Sprintf("%X", part), fmt.Sprintf("% x", part), fmt.Sprint([]byte(part))[1:20],
		base64.StdEncoding.EncodeToString([]byte(secretKey))[:20], "0x63, 0x6f, 0x72", "1100011 1101111", "143 157 162",
	}
}

// No form of a Secret or of an Accounts has the key in it, not even where fmt calls no
// methods.
func TestSecretRedaction(t *testing.T) {
	s := signup.NewSecret([]byte(secretKey))
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Secrets: []signup.Secret{s, s}}
	stored(t, a, "ada@example.org")
	if _, err := a.Authenticate(t.Context(), "bob@example.org", goodPassword); !errors.Is(err, signup.ErrBadCredentials) {
		t.Fatalf("Authenticate returned %v, want ErrBadCredentials", err)
	}
	type server struct {
		accounts *signup.Accounts
		secret   signup.Secret
		secrets  []signup.Secret
	}
	all := containers(s)
	all["unexported"] = server{a, s, a.Secrets}
	all["pointer to unexported"] = &server{a, s, a.Secrets}
	all["list"] = a.Secrets
	a.Store = nil // which has methods of its own
	for container, v := range containers(a) {
		all["Accounts, "+container] = v
	}
	verbs := encoders()
	for _, verb := range []string{"w", "p", "#+v", "020d", "O", "E", "F", "G"} {
		verbs = append(verbs, encoder{"%" + verb, func(v any) (string, error) { return fmt.Sprintf("%"+verb, v), nil }})
	}
	for container, v := range all {
		for _, e := range verbs {
			got, _ := e.show(v)
			for _, form := range secretForms() {
				if strings.Contains(got, form) {
					t.Errorf("%s, %s: got the key, want none of it", container, e.name)
					break
				}
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, s); got != "[redacted]" {
			t.Errorf("%s: got %s, want [redacted]", verb, got)
		}
		if got := fmt.Sprintf(verb, a.Secrets); strings.Count(got, "[redacted]") != 2 {
			t.Errorf("%s of a list: got %s, want [redacted] twice", verb, got)
		}
	}
}

// To decode a Secret is an error, so that a program notices at once.
func TestSecretIsNotDecoded(t *testing.T) {
	s := signup.NewSecret([]byte(secretKey))
	encoded, err := json.Marshal(s)
	if err != nil || string(encoded) != `"[redacted]"` {
		t.Errorf("json.Marshal returned %s, %v; want [redacted]", encoded, err)
	}
	if err := json.Unmarshal(encoded, &s); err == nil {
		t.Error("json.Unmarshal returned nil, want an error")
	}
	if err := xml.Unmarshal([]byte("<Secret>x</Secret>"), &s); err == nil {
		t.Error("xml.Unmarshal returned nil, want an error")
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(s); err != nil || strings.Contains(b.String(), "correct") {
		t.Errorf("gob: Encode returned %v, or has the key; want [redacted]", err)
	}
	if err := gob.NewDecoder(&b).Decode(&s); err == nil {
		t.Error("gob: Decode returned nil, want an error")
	}
}

// A Secret is its own copy of the key.
func TestSecretIsACopy(t *testing.T) {
	key := []byte(secretKey)
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Secrets: []signup.Secret{signup.NewSecret(key)}}
	text := issued(t, a, signup.PurposeResetPassword, stored(t, a, "ada@example.org"))
	clear(key)
	b := &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: []signup.Secret{signup.NewSecret([]byte(secretKey))}}
	for _, a := range []*signup.Accounts{a, b} {
		if _, _, err := a.PeekToken(t.Context(), text); err != nil {
			t.Errorf("PeekToken returned %v, want nil", err)
		}
	}
}

// Without a Secret, what needs a token is ErrNotConfigured, and everything else works.
// A wrong Secret is an error of every call, which names it.
func TestSecretsOfAccounts(t *testing.T) {
	good := signup.NewSecret([]byte(secretKey))
	short := signup.NewSecret([]byte(secretKey[:31]))
	for _, c := range []struct {
		name    string
		secrets []signup.Secret
		want    string
	}{
		{"31 bytes", []signup.Secret{short}, "signup: Accounts.Secrets[0] has 31 bytes, want at least 32"},
		{"second of 31 bytes", []signup.Secret{good, short}, "signup: Accounts.Secrets[1] has 31 bytes, want at least 32"},
		{"zero", []signup.Secret{good, good, {}}, "signup: Accounts.Secrets[2] has 0 bytes, want at least 32"},
		{"nil", []signup.Secret{signup.NewSecret(nil)}, "signup: Accounts.Secrets[0] has 0 bytes, want at least 32"},
		{"never filled", []signup.Secret{signup.NewSecret(make([]byte, 32))}, "signup: Accounts.Secrets[0] repeats one byte, want random bytes"},
	} {
		a := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Secrets: c.secrets}
		_, _, peek := a.PeekToken(t.Context(), "x")
		_, register := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: goodPassword})
		_, logIn := a.Authenticate(t.Context(), "ada@example.org", goodPassword)
		for call, err := range map[string]error{"PeekToken": peek, "Register": register, "Authenticate": logIn} {
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: %s returned %v, want %s", c.name, call, err, c.want)
			}
		}
	}
	least := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Secrets: []signup.Secret{signup.NewSecret([]byte(secretKey[:32]))}}
	if _, _, err := least.PeekToken(t.Context(), "x"); err != signup.ErrToken {
		t.Errorf("with a Secret of 32 bytes, PeekToken returned %v, want ErrToken", err)
	}
	for _, secrets := range [][]signup.Secret{nil, {}} {
		a := &signup.Accounts{Store: memstore.New(), Hasher: cheap, Secrets: secrets}
		if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: goodPassword}); err != nil {
			t.Errorf("without Secrets, Register returned %v, want nil", err)
		}
		_, _, peek := a.PeekToken(t.Context(), "x")
		_, use := a.UseToken(t.Context(), "x", signup.PurposeLogIn, newStamp)
		_, _, issue := a.NewToken(signup.PurposeInvite, signup.User{Email: "bob@example.org"}, "", 1e12)
		for call, err := range map[string]error{"PeekToken": peek, "useToken": use, "newToken": issue} {
			if !errors.Is(err, signup.ErrNotConfigured) || errors.Is(err, signup.ErrToken) || err.Error() != "signup: not configured: Accounts.Secrets is empty" {
				t.Errorf("without Secrets, %s returned %v, want ErrNotConfigured with the field", call, err)
			}
		}
	}
}
