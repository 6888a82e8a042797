package legacyhash

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/gosignup/signup"
)

// keycloakCredential is the JSON of a credential's data.
type keycloakCredential struct {
	HashIterations       uint64              `json:"hashIterations"`
	Algorithm            string              `json:"algorithm"`
	AdditionalParameters map[string][]string `json:"additionalParameters"`
}

// keycloakSecret is the JSON of a credential's secret data.
type keycloakSecret struct {
	Value string `json:"value"`
	Salt  string `json:"salt"`
}

// KeycloakHash returns the text to store for a user of Keycloak, from the columns
// credential_data and secret_data of the user's credential of the type password,
// or the members credentialData and secretData of an exported realm. Both are
// JSON. For the algorithms pbkdf2, pbkdf2-sha256 and pbkdf2-sha512 the text is in
// the format [Keycloak], and for argon2 (of the type id, version 1.3) in that of
// [signup.Argon2id]. For anything else the error is [signup.ErrInvalid].
func KeycloakHash(credentialData, secretData string) (signup.Hash, error) {
	var c keycloakCredential
	var s keycloakSecret
	if json.Unmarshal([]byte(credentialData), &c) != nil || json.Unmarshal([]byte(secretData), &s) != nil {
		return "", fmt.Errorf("legacyhash: not Keycloak's JSON: %w", signup.ErrInvalid)
	}
	if c.Algorithm == "argon2" {
		return keycloakArgon2(c, s)
	}
	h := signup.Hash(strings.Join([]string{
		keycloakMark + c.Algorithm, strconv.FormatUint(c.HashIterations, 10), s.Salt, s.Value,
	}, "$"))
	if _, ok := Keycloak.ParseHash(h); !ok {
		return "", fmt.Errorf("legacyhash: not a hash of Keycloak's PBKDF2: %w", signup.ErrInvalid)
	}
	return h, nil
}

// keycloakArgon2 returns the text in the PHC string format, whose Base64 has no
// padding.
func keycloakArgon2(c keycloakCredential, s keycloakSecret) (signup.Hash, error) {
	param := func(name string) string { return strings.Join(c.AdditionalParameters[name], ",") }
	salt, saltOK := decode(base64.StdEncoding, s.Salt)
	want, wantOK := decode(base64.StdEncoding, s.Value)
	h := signup.Hash(fmt.Sprintf("$argon2id$v=19$m=%s,t=%d,p=%s$%s$%s",
		param("memory"), c.HashIterations, param("parallelism"),
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(want)))
	if !saltOK || !wantOK || param("type") != "id" || param("version") != "1.3" ||
		param("hashLength") != strconv.Itoa(len(want)) || h.Scheme() != "argon2id" {
		return "", fmt.Errorf("legacyhash: not a hash of Keycloak's argon2id: %w", signup.ErrInvalid)
	}
	return h, nil
}
