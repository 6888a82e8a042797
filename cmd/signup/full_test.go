package main

import (
	"fmt"
	"strings"
	"testing"
)

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

// A command whose output can't be written fails, and says what it has done all the same.
func TestFullOutput(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	fill(t, url, 1)
	source := on(url).run(t.Context(), "export", "-hashes").stdout
	const full = ": no space left on device"
	for args, want := range map[string]string{
		"setup":                       "signup: the store is set up, but that can't be written" + full,
		"deactivate " + address(0):    "signup: the user is inactive, and all sessions have ended, but that can't be written" + full,
		"end-sessions " + address(0):  "signup: all sessions of the user have ended, but that can't be written" + full,
		"import":                      "signup: 1 users read: 0 created, 1 present, 0 refused, 0 failed, but that can't be written" + full,
		"check":                       "signup: no space left on device",
		"search":                      "signup: no space left on device",
		"show " + address(0):          "signup: no space left on device",
		"export -hashes":              "signup: sqlstore: export: no space left on device (after 0 users)",
		"schema":                      "signup: no space left on device",
		"role -store postgres://u@h/": "signup: no space left on device",
	} {
		for _, flag := range []string{"", "-json"} {
			if flag != "" && strings.HasPrefix(args, "check") {
				continue // no finding is no output
			}
			var stderr strings.Builder
			code := run(t.Context(), strings.Fields(args+" "+flag), on(url).getenv, strings.NewReader(source), fullWriter{}, &stderr)
			r := result{code: code, stderr: stderr.String()}
			r.want(t, exitFailed)
			got := r.stderr
			if flag != "" {
				got, _ = one(t, got)["error"].(string)
				got = "signup: " + got + "\n"
			}
			if got != want+"\n" {
				t.Errorf("%s %s: got %s, want %s", args, flag, shown(got), shown(want))
			}
		}
	}
}
