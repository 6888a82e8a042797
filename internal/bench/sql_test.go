package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The benchmarks of sqlstore work, with few users, and each ratio has a result.
func TestSQL(t *testing.T) {
	url, err := exec.Command("../../scripts/postgresql").Output()
	if err != nil {
		t.Fatalf("scripts/postgresql: %v", err)
	}
	b := &bench{dir: t.TempDir(), config: config{
		sql: strings.TrimSpace(string(url)), sqlUsers: 100, sqlGroups: sqlGroupNames(), sqlRounds: 2, closed: 500 * time.Millisecond,
	}}
	var out strings.Builder
	if err := b.sqlPart(t.Context(), &out); err != nil {
		t.Fatalf("got the error %v, want nil", err)
	}
	if got, want := len(b.notes), 2*7+1; got != want {
		t.Errorf("got %d ratios, want %d:\n%s", got, want, strings.Join(b.notes, ""))
	}
	if !strings.Contains(out.String(), "postgresql: ") || !strings.Contains(out.String(), "BenchmarkSignUp") {
		t.Errorf("got the output\n%s\nwant it to have the version of the server and BenchmarkSignUp", out.String())
	}
	if err := b.noteSQL(make(results)); err == nil {
		t.Error("no results: got no error, want one")
	}
	b.sqlGroups = []string{"none"}
	if err := b.sqlPart(t.Context(), &out); err == nil {
		t.Error("a group that doesn't exist: got no error, want one")
	}
}
