package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		url           string
		kind          kind
		file          string
		alias, prefix string
		fail          string
	}{
		{url: "postgres://u@h/d?prefix=x_&sslmode=disable", kind: postgreSQL, prefix: "x_"},
		{url: "postgresql:///d?host=/run", kind: postgreSQL},
		{url: "POSTGRES://h", kind: postgreSQL},
		{url: "sqlite:users.db", kind: sqLite, file: "users.db"},
		{url: "sqlite:///var/users.db?prefix=x_", kind: sqLite, file: "/var/users.db", prefix: "x_"},
		{url: "sqlite:/var/a%20b.db", kind: sqLite, file: "/var/a%20b.db"},
		{url: "https://h:9200/path/?alias=people", kind: elasticsearch, alias: "people"},
		{url: "http://h", kind: elasticsearch},
		{url: "sqlite:", fail: "has no file"},
		{url: "sqlite::memory:", fail: "has no file"},
		{url: "sqlite:x?%zz", fail: "malformed parameters"},
		{url: "https:///x", fail: "has no host"},
		{url: "https://h?routing=x", fail: `the parameter "routing"`},
		{url: "sqlite:x?mode=ro&immutable=1&_pragma=synchronous(2)", kind: sqLite, file: "x"},
		{url: "sqlite:x?prefxi=x_", fail: `the parameter "prefxi": did you mean prefix?`},
		{url: "sqlite:x?user=ada", fail: `the parameter "user": SQLite has prefix, mode, `},
		{url: "sqlite:x?prefix=Users", fail: `-prefix: sqlstore: schema: invalid prefix "Users"`},
		{url: "postgres://h?prefix=_", fail: "-prefix: "},
		{url: "users.db", fail: "must begin with postgres://"},
		{url: "://", fail: "malformed"},
	} {
		got, err := (&call{store: c.url}).target()
		if (err != nil) != (c.fail != "") || err != nil && !strings.Contains(err.Error(), c.fail) {
			t.Errorf("%s: got the error %v, want %q", c.url, err, c.fail)
		}
		if err != nil {
			continue
		}
		if got.kind != c.kind || got.file != c.file || got.alias != c.alias || got.prefix != c.prefix {
			t.Errorf("%s: got %s, the file %q, the alias %q and the prefix %q, want %+v", c.url, got.kind, got.file, got.alias, got.prefix, c)
		}
		if got.query.Has("prefix") || got.query.Has("alias") {
			t.Errorf("%s: got the parameters %v, want those that are for the driver", c.url, got.query)
		}
	}
}

func TestFlagsOfAnotherStore(t *testing.T) {
	for _, args := range [][]string{
		{"-alias", "x", "-store", "sqlite:x.db"}, {"-ca", "x", "-store", "postgres://h"}, {"-prefix", "x_", "-store", "http://h"},
	} {
		runner{}.run(t.Context(), append(args, "schema")...).want(t, exitUsage, "2:"+args[0], "2:the store is ")
	}
}

// A misspelled name makes no empty database, and a name is taken as it is.
func TestSQLiteFile(t *testing.T) {
	dir := t.TempDir()
	on("sqlite:"+filepath.Join(dir, "none", "x.db")).run(t.Context(), "setup").want(t, exitUsage, "2:SQLite: open "+dir, "2:no such file")
	on("sqlite:"+filepath.Join(dir, "none.db")).run(t.Context(), "check").want(t, exitUsage, "2:no such file")
	for _, command := range []string{"check", "setup"} {
		on("sqlite:"+dir).run(t.Context(), command).want(t, exitUsage, "2:SQLite: "+dir+" is a directory")
	}
	url := "sqlite:" + filepath.Join(dir, "a%41 #&.db")
	on(url).run(t.Context(), "setup").want(t, exitDone)
	if info, err := os.Stat(filepath.Join(dir, "a%41 #&.db")); err != nil || info.Mode() != 0o600 {
		t.Errorf("got the mode %v and the error %v, want 0600", info.Mode(), err)
	}
	on(url+"?_pragma=query_only(1)").run(t.Context(), "check").want(t, exitErrors, "error (read-only)")
	names, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(names) != 1 || filepath.Base(names[0]) != "a%41 #&.db" {
		t.Errorf("got the files %q and the error %v, want the one that was named", names, err)
	}
}
