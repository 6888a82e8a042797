package pages_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

func TestMistakesPanic(t *testing.T) {
	files := func(name, content string) func(*signup.Accounts, *pages.Options) {
		return func(_ *signup.Accounts, o *pages.Options) {
			o.Files = fstest.MapFS{name: {Data: []byte(content)}}
		}
	}
	for name, set := range map[string]func(*signup.Accounts, *pages.Options){
		"Accounts without a Store": func(a *signup.Accounts, _ *pages.Options) { a.Store = nil },
		"a short Secret": func(a *signup.Accounts, _ *pages.Options) {
			a.Secrets = []signup.Secret{signup.NewSecret([]byte("short"))}
		},
		"no Name":                             func(_ *signup.Accounts, o *pages.Options) { o.Name = "" },
		"no BaseURL":                          func(_ *signup.Accounts, o *pages.Options) { o.BaseURL = "" },
		"a BaseURL with a path":               func(_ *signup.Accounts, o *pages.Options) { o.BaseURL = baseURL + "/shop" },
		"a Path without slash":                func(_ *signup.Accounts, o *pages.Options) { o.Path = "/account" },
		"a Home elsewhere":                    func(_ *signup.Accounts, o *pages.Options) { o.Home = "//example.com/" },
		"a broken template":                   files("templates/log-in.html", `{{define "main"}}{{`),
		"a template that calls a missing one": files("templates/log-in.html", `{{define "main"}}{{template "missing" .}}{{end}}`),
		"a template without an end tag":       files("templates/log-in.html", `{{define "main"}}<a href="{{end}}`),
		"a broken text":                       files("texts/fr.json", `{"log_in_title":`),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("New returned, want a panic")
				}
			}()
			newSite(t, set)
		})
	}
}

func TestFiles(t *testing.T) {
	site := newSite(t, func(_ *signup.Accounts, o *pages.Options) {
		o.Files = fstest.MapFS{
			"templates/log-in.html": {Data: []byte(`{{define "title"}}{{.T "log_in_title"}}{{end}}
{{define "main"}}<p>{{.T "welcome"}}</p><form method="post" novalidate>{{template "next" .}}{{template "fields" .}}</form>{{end}}`)},
			"static/style.css": {Data: []byte("body { margin: 0 }")},
			"static/logo.svg":  {Data: []byte("<svg/>")},
			"texts/fr.json":    {Data: []byte(`{"welcome": "Bienvenue à {site}", "log_in_title": "Connexion"}`)},
		}
	})
	b := site.browser()
	b.header.Set("Accept-Language", "fr")
	for path, wants := range map[string][]string{
		"/account/log-in?next=/orders": {`<html lang="fr">`, "<h1>Connexion</h1>", "<p>Bienvenue à Orchard</p>", `name="next" value="/orders"`, "Email address"},
		"/account/sign-up":             {`<html lang="fr">`, "<h1>Sign up</h1>"},
		"/account/style.css":           {"body { margin: 0 }"},
		"/account/logo.svg":            {"<svg/>"},
		"/account/script.js":           {"addEventListener"},
	} {
		body := b.get(path).body
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("GET %s: got %s, want it to contain %s", path, body, want)
			}
		}
	}
}
