package leaktest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"log/slog"
	"net/url"
	"strings"
)

// Encoded returns secret in the forms that a log, a URL or a page would give it,
// by what makes each, for tests of what finds them.
func Encoded(secret string) map[string]string {
	return map[string]string{
		"%s":         secret,
		"%q":         fmt.Sprintf("%q", secret),
		"%+q":        fmt.Sprintf("%+q", secret),
		"%x":         fmt.Sprintf("%x", secret),
		"%X":         fmt.Sprintf("%X", secret),
		"% x":        fmt.Sprintf("% x", secret),
		"%v bytes":   fmt.Sprint([]byte(secret)),
		"%#v bytes":  fmt.Sprintf("%#v", []byte(secret)),
		"JSON":       marshal(map[string]string{"password": secret}),
		"JSON bytes": marshal([]byte(secret)),
		"JSON array": marshal(ints(secret)),
		"slog JSON":  logged(func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }, secret),
		"slog text":  logged(func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }, secret),
		"query":      url.Values{"password": {secret}}.Encode(),
		"component":  strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"),
		"user":       (&url.URL{Scheme: "http", User: url.UserPassword(secret, "x"), Host: "h"}).String(),
		"URL in URL": url.Values{"next": {"/?" + url.Values{"email": {secret}}.Encode()}}.Encode(),
		"HTML":       html.EscapeString(secret),
		"template":   templated(secret),
		"path":       (&url.URL{Path: "/x/" + secret}).EscapedPath() + url.PathEscape(secret),
		"Basic 0":    base64.StdEncoding.EncodeToString([]byte("admin:" + secret)),
		"Basic 1":    base64.StdEncoding.EncodeToString([]byte("ada:" + secret)),
		"Basic 2":    base64.StdEncoding.EncodeToString([]byte("user:" + secret + " ")),
		"JWT":        base64.RawURLEncoding.EncodeToString([]byte("{'password': '" + secret + "'}")),
	}
}

func templated(s string) string {
	var b bytes.Buffer
	if err := template.Must(template.New("").Parse("<p>{{.}}</p>")).Execute(&b, s); err != nil {
		panic(err)
	}
	return b.String()
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
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
