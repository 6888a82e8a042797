package leaktest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

func TestFind(t *testing.T) {
	const other = "a secret that nobody has told"
	for _, secret := range []string{"correct horse battery", `quotes " and \ & <b>`, "pass\twort für dich", "пароль 🔑🔑🔑", "\u00e9\u200b\x7f?~>?~>"} {
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
	if found := leaktest.Find("nothing here", []string{other}); len(found) > 0 {
		t.Errorf("found %q", found)
	}
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
