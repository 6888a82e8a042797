package signup_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// apiRow returns the row of docs/api.md for e.
func apiRow(e signup.APICall) string {
	var fields, results []string
	for _, f := range e.Fields {
		name := "`" + f.Name + "`"
		if f.Boolean {
			name += " (true or false)"
		}
		if !f.Required {
			name = "*" + name + "*"
		}
		fields = append(fields, name)
	}
	if e.Declared {
		fields = append(fields, "*declared fields*")
	}
	if e.IdempotencyKey {
		fields = append(fields, "*the header `Idempotency-Key`*")
	}
	needs := "–"
	switch {
	case e.Fresh:
		needs = "fresh"
	case e.Session:
		needs = "yes"
	}
	for _, r := range e.Own {
		code := "`" + r.Code + "`"
		if r.Code == "" {
			code = "a file"
		}
		results = append(results, fmt.Sprintf("%d %s", r.Status, code))
	}
	text := e.Text
	if len(e.Returns) > 0 {
		text += " Members: " + strings.Join(membersOf(e), ", ") + "."
	}
	none := func(list []string) string {
		if len(list) == 0 {
			return "–"
		}
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("| `%s` | `%s` | %s | %s | %s | %s |", e.Method, e.Path, text, none(fields), needs, none(results))
}

// membersOf returns the members of the responses of e, the optional ones in italics.
func membersOf(e signup.APICall) (names []string) {
	for _, m := range e.Returns {
		name := "`" + m.Name + "`"
		if m.Optional {
			name = "*" + name + "*"
		}
		names = append(names, name)
	}
	return names
}

func apiPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// The table of docs/api.md is that of the code.
func TestAPIPageTable(t *testing.T) {
	var got, want []string
	for line := range strings.Lines(apiPage(t)) {
		if strings.HasPrefix(line, "| `GET`") || strings.HasPrefix(line, "| `POST`") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	for _, e := range signup.APICalls() {
		want = append(want, apiRow(e))
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/api.md has another table, want these rows:\n%s", strings.Join(want, "\n"))
	}
}

// The page names each code that every endpoint may send.
func TestAPIPageCodes(t *testing.T) {
	page := apiPage(t)
	for _, e := range signup.APICalls() {
		for _, r := range e.All {
			if strings.HasPrefix(r.Code, "json_") || r.Code == "" {
				continue
			}
			if !strings.Contains(page, "`"+r.Code+"`") {
				t.Errorf("docs/api.md doesn't name the code %s of %s, want it", r.Code, e.Path)
			}
		}
	}
}

// The page names each header that a response may have.
func TestAPIPageHeaders(t *testing.T) {
	page := apiPage(t)
	for _, e := range signup.APICalls() {
		for _, r := range e.All {
			for _, h := range signup.APIHeaders(e.Path, r) {
				if !strings.Contains(page, "| `"+h.Name+"`") {
					t.Errorf("docs/api.md has no row for the header %s of %s, want one", h.Name, e.Path)
				}
			}
		}
	}
}

var (
	curlCall = regexp.MustCompile(`^\$ api ([a-z-]+)(?: -d '(.*)')?$`)
	varying  = regexp.MustCompile(`"id":"[^"]*"|"\w+(?:_at|_until|log_in)":"[^"]*"`)
)

// The session of docs/api.md has the responses that it shows, except for times and IDs.
func TestAPIPageSession(t *testing.T) {
	_, session, ok := strings.Cut(apiPage(t), "```console\n")
	if !ok {
		t.Fatal("docs/api.md has no console session, want one")
	}
	session, _, _ = strings.Cut(session, "```")
	a, o := mailAccounts()
	a.Fields = []signup.ProfileField{{Name: "company"}}
	api := &apiTest{TB: t, a: a, mails: o, sessions: newSessions(), log: new(logBuffer)}
	api.h = signup.NewAPI(a, api.sessions, &signup.APIOptions{Logger: quiet.Logger, InsecureCookies: true})
	c := api.client()
	c.url, c.header = "http://localhost:8000/account/", http.Header{"User-Agent": {"curl/8.14.1"}}
	lines := strings.Split(strings.TrimSpace(session), "\n")
	calls := 0
	for i, line := range lines {
		call := curlCall.FindStringSubmatch(line)
		if call == nil {
			continue
		}
		calls++
		method := http.MethodGet
		if call[2] != "" {
			method = http.MethodPost
		}
		got, want := c.raw(method, call[1], call[2], nil).Text, lines[i+1]+"\n"
		if mask := func(s string) string { return varying.ReplaceAllString(s, "…") }; mask(got) != mask(want) {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
	if calls < 6 {
		t.Errorf("the session has %d calls, want 6 at least", calls)
	}
}
