package leaktest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

func TestFind(t *testing.T) {
	const other = "a secret that nobody has told"
	for _, secret := range []string{
		"correct horse battery", `quotes " and \ & <b>`, "pass\twort für dich", "пароль 🔑🔑🔑", "\u00e9\u200b\x7f?~>?~>",
		"Ada+Tag@Example.org", "o'brien/sons@bücher.example", "a@b.co",
		"$2a$04$wUJyMaYOqNvYq4qA/EXpXeJp/Dvx9fYhWj2kVQ0b8eLQWmA3oE9a.",
		"$argon2id$v=19$m=19456,t=2,p=1$4XVlYN+Gx/0gDk9DW7mTmw$rXn8Z0b+W3/1Oc6mA2pOyCuHVsy3cN1VdPXk9A0ZxkM",
		"pbkdf2:sha256:1000$jkeQb18X$0858880d8d9b1e8a52b4ff10762fbf71",
	} {
		for name, text := range map[string]string{
			"%s":         secret,
			"%q":         fmt.Sprintf("%q", secret),
			"%+q":        fmt.Sprintf("%+q", secret),
			"%x":         fmt.Sprintf("%x", secret),
			"%X":         fmt.Sprintf("%X", secret),
			"% x":        fmt.Sprintf("% x", secret),
			"%v bytes":   fmt.Sprint([]byte(secret)),
			"%#v bytes":  fmt.Sprintf("%#v", []byte(secret)),
			"JSON":       marshal(t, map[string]string{"password": secret}),
			"JSON bytes": marshal(t, []byte(secret)),
			"JSON array": marshal(t, ints(secret)),
			"slog JSON":  logged(func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }, secret),
			"slog text":  logged(func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }, secret),
			"query":      url.Values{"password": {secret}}.Encode(),
			"component":  strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"),
			"user":       (&url.URL{Scheme: "http", User: url.UserPassword(secret, "x"), Host: "h"}).String(),
			"URL in URL": url.Values{"next": {"/?" + url.Values{"email": {secret}}.Encode()}}.Encode(),
			"HTML":       html.EscapeString(secret),
			"template":   templated(t, secret),
			"path":       (&url.URL{Path: "/x/" + secret}).EscapedPath() + url.PathEscape(secret),
			"Basic":      base64.StdEncoding.EncodeToString([]byte("ada@example.org:" + secret)),
			"Basic 2":    base64.StdEncoding.EncodeToString([]byte("bob@example.org.:" + secret + " ")),
			"JWT":        base64.RawURLEncoding.EncodeToString([]byte("{'password': '" + secret + "'}")),
		} {
			found := leaktest.Find("before "+text+" after", []string{other, secret})
			if len(found) != 1 || found[0] != secret {
				t.Errorf("%s: found %q in %q, want %q", name, found, text, secret)
			}
		}
	}
	// PHP's JSON, for one.
	if found := leaktest.Find(`{"hash":"$2a$04$abc\/def"}`, []string{"$2a$04$abc/def"}); len(found) != 1 {
		t.Error("a hash with an escaped slash isn't found")
	}
}

func TestFindMany(t *testing.T) {
	secrets := []string{"", "ada@example.org", "bob@example.org", "Ada@Example.ORG", "xada@example.org", "da@example.or", "x@y", "ada@example.org.uk"}
	for text, want := range map[string][]string{
		"":                                nil,
		"ada@example":                     nil,
		"nothing here":                    nil,
		"<ADA@example.org":                {"ada@example.org", "Ada@Example.ORG", "da@example.or"},
		"x@ya@example.orxada@example.org": {"ada@example.org", "Ada@Example.ORG", "xada@example.org", "da@example.or", "x@y"},
		"mailto:bob%40example.org":        {"bob@example.org"},
	} {
		if found := leaktest.Find(text, secrets); !slices.Equal(found, want) {
			t.Errorf("found %q in %q, want %q", found, text, want)
		}
	}
	if found := leaktest.Find("anything", nil); found != nil {
		t.Errorf("without secrets, found %q", found)
	}
}

func TestIsPlanted(t *testing.T) {
	for secret, want := range map[string]bool{
		leaktest.Planted + "x": true, leaktest.PlantedAddress + "X@example.org": true,
		"x" + leaktest.Planted: false, "planted": false, "": false,
	} {
		if got := leaktest.IsPlanted(secret); got != want {
			t.Errorf("%q: %t, want %t", secret, got, want)
		}
	}
}

func templated(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	if err := template.Must(template.New("").Parse("<p>{{.}}</p>")).Execute(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func ints(s string) (all []int) {
	for _, b := range []byte(s) {
		all = append(all, int(b))
	}
	return all
}

func logged(handler func(*bytes.Buffer) slog.Handler, secret string) string {
	var b bytes.Buffer
	slog.New(handler(&b)).Info("user", "password", secret)
	return b.String()
}
