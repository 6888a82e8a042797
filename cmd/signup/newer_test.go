package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A program that is older than the tables says so before it reads or changes users.
func TestNewerSchema(t *testing.T) {
	eachFilled(t, 1, func(t *testing.T, url string) {
		source := on(url).run(t.Context(), "export", "-hashes").stdout
		const note = "note: a later version of the library has made or migrated the tables"
		commands := []string{
			"search", "show " + address(0), "deactivate " + address(0), "activate " + address(0), "end-sessions " + address(0),
			"import", "export -hashes", "export -hashes " + filepath.Join(t.TempDir(), "x"),
		}
		run := func(args string) result {
			r := on(url)
			r.stdin = strings.NewReader(source)
			return r.run(t.Context(), strings.Fields(args)...)
		}
		for _, args := range commands[:len(commands)-1] { // the last one makes a file
			r := run(args)
			r.want(t, exitDone)
			if strings.Contains(r.stderr, note) {
				t.Errorf("%s: got %s with tables of this version, want no note", args, shown(r.stderr))
			}
		}
		if _, err := opened(t, url).(sqlStore).db.Exec("UPDATE " + prefixOf(t, url) + "schema SET version = 99"); err != nil {
			t.Fatal(err)
		}
		for _, args := range commands {
			r := run(args)
			r.want(t, exitDone)
			if !strings.HasPrefix(r.stderr, note) {
				t.Errorf("%s: got %s, want the note first", args, shown(r.stderr))
			}
		}
		r := run("show -json " + address(0))
		r.want(t, exitDone)
		if r.stderr != "" {
			t.Errorf("got %s with -json, want no note", shown(r.stderr))
		}
		run("setup").want(t, exitFailed, "2:version 99")
		r = run("check")
		r.want(t, exitErrors, "error (newer-schema): ")
		if r.stderr != "" {
			t.Errorf("got %s from check, want the finding alone", shown(r.stderr))
		}
	})
}
