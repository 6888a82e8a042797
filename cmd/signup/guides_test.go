package main

import (
	"strings"
	"testing"
)

// The commands that the guides of the databases show are carried out, on PostgreSQL.
func TestOtherGuides(t *testing.T) {
	for _, guide := range []string{"../../docs/sql.md", "../../docs/elasticsearch.md"} {
		_, section, found := strings.Cut(readFile(t, guide), "# From the command line\n")
		if !found {
			t.Fatalf("%s has no section %q, want one", guide, "From the command line")
		}
		section, _, _ = strings.Cut(section, "\n## ")
		section, _, _ = strings.Cut(section, "\n### ")
		r, n := on(newPostgreSQL(t)), 0
		for line := range strings.Lines(section) {
			command, isCommand := strings.CutPrefix(line, "    signup ")
			if !isCommand {
				continue
			}
			n++
			command, _, _ = strings.Cut(command, "|")
			r.run(t.Context(), strings.Fields(command)...).want(t, exitDone)
		}
		if n < 2 {
			t.Errorf("%s: got %d commands in the section %q, want at least 2", guide, n, "From the command line")
		}
	}
}
