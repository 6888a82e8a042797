package legacyhash_test

import (
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/legacyhash"
)

func TestColumnsThatAreNoHash(t *testing.T) {
	const secret = `{"value":"` + s44 + `","salt":"` + s12 + `"}`
	argon2 := func(memory, typ, version, length string) string {
		return `{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["` + length +
			`"],"memory":["` + memory + `"],"type":["` + typ + `"],"version":["` + version + `"],"parallelism":["1"]}}`
	}
	keycloak := func(data, secret string) func() (signup.Hash, error) {
		return func() (signup.Hash, error) { return legacyhash.KeycloakHash(data, secret) }
	}
	if h, err := legacyhash.KeycloakHash(argon2("7168", "id", "1.3", "32"), secret); err != nil || h.Scheme() != "argon2id" {
		t.Errorf("got %q and %v for argon2id, want argon2id and nil", h.Scheme(), err)
	}
	for name, f := range map[string]func() (signup.Hash, error){
		"Keycloak, no JSON":            keycloak("", ""),
		"Keycloak, no algorithm":       keycloak("{}", secret),
		"Keycloak, negative number":    keycloak(`{"hashIterations":-1,"algorithm":"pbkdf2"}`, secret),
		"Keycloak, no secret":          keycloak(`{"hashIterations":1000,"algorithm":"pbkdf2"}`, `{}`),
		"Keycloak, algorithm with $":   keycloak(`{"hashIterations":1000,"algorithm":"pbkdf2$1"}`, secret),
		"Keycloak, argon2i":            keycloak(argon2("7168", "i", "1.3", "32"), secret),
		"Keycloak, argon2 version 1.0": keycloak(argon2("7168", "id", "1.0", "32"), secret),
		"Keycloak, argon2 memory":      keycloak(argon2("1,t=1", "id", "1.3", "32"), secret),
		"Keycloak, argon2 length":      keycloak(argon2("7168", "id", "1.3", "16"), secret),
		"Devise, no hash":              func() (signup.Hash, error) { return legacyhash.DeviseHash("") },
		"Devise, $2x$":                 func() (signup.Hash, error) { return legacyhash.DeviseHash("$2x$10$" + b53) },
		"Firebase, no salt":            func() (signup.Hash, error) { return legacyhash.FirebaseHash(s44, "") },
		"Firebase, no hash":            func() (signup.Hash, error) { return legacyhash.FirebaseHash("", s12) },
	} {
		if h, err := f(); h != "" || !errors.Is(err, signup.ErrInvalid) {
			t.Errorf("%s: got a hash: %t, and %v; want none and ErrInvalid", name, h != "", err)
		}
	}
}

func TestFirebaseURLSafe(t *testing.T) {
	urlSafe, err := legacyhash.FirebaseHash("-_-_"+s44, s12)
	standard, err2 := legacyhash.FirebaseHash("+/+/"+s44, s12)
	if err != nil || err2 != nil || urlSafe != standard {
		t.Errorf("got %v, %v and the same text: %t; want nil, nil and true", err, err2, urlSafe == standard)
	}
}

func TestFirebaseParametersThatAreWrong(t *testing.T) {
	for name, change := range map[string]func(*legacyhash.FirebaseParameters){
		"no signer key":         func(p *legacyhash.FirebaseParameters) { p.SignerKey = "" },
		"a line break":          func(p *legacyhash.FirebaseParameters) { p.SignerKey += "\n" },
		"a wrong separator":     func(p *legacyhash.FirebaseParameters) { p.SaltSeparator = "Bx==" },
		"no rounds":             func(p *legacyhash.FirebaseParameters) { p.Rounds = 0 },
		"9 rounds":              func(p *legacyhash.FirebaseParameters) { p.Rounds = 9 },
		"a mem_cost of 15":      func(p *legacyhash.FirebaseParameters) { p.MemCost = 15 },
		"a negative mem_cost":   func(p *legacyhash.FirebaseParameters) { p.MemCost = -1 },
		"rounds beyond 32 bits": func(p *legacyhash.FirebaseParameters) { p.Rounds = 1 << 40 },
	} {
		p := firebaseParameters
		change(&p)
		if f, err := legacyhash.Firebase(p); f != nil || err == nil {
			t.Errorf("%s: got a format: %t, and %v; want none and an error", name, f != nil, err)
		}
	}
}
