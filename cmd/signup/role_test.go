package main

import (
	"encoding/json"
	"testing"

	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/sqlstore"
)

func TestRole(t *testing.T) {
	for _, c := range []struct {
		name, url string
		args      []string
		code      int
		want      string // in stdout, or in stderr
	}{
		{"Elasticsearch", "https://h:9200", nil, exitDone, string(esstore.Role("users")) + "\n"},
		{"an alias in the URL", "https://h:9200?alias=people", nil, exitDone, string(esstore.Role("people")) + "\n"},
		{"an alias as a flag", "https://h:9200?alias=people", []string{"-alias", "users-eu"}, exitDone, string(esstore.Role("users-eu")) + "\n"},
		{"the set-up role", "https://h:9200", []string{"-setup"}, exitDone, string(esstore.SetupRole("")) + "\n"},
		{"PostgreSQL", "postgres://u@h/d", nil, exitDone,
			"GRANT SELECT, INSERT, UPDATE, DELETE ON signup_users, signup_counts TO \"signup\";\nGRANT SELECT ON signup_schema TO \"signup\";\n"},
		{"another role and prefix", "postgresql://u@h/d", []string{"-prefix", "x_", "-to", `a"b`}, exitDone, `ON x_schema TO "a""b";`},
		{"a prefix that is none", "postgres://u@h/d", []string{"-prefix", "x;"}, exitUsage, "2:-prefix: "},
		{"PostgreSQL's set-up role", "postgres://u@h/d", []string{"-setup"}, exitUsage, "2:-setup is for Elasticsearch"},
		{"SQLite", "sqlite:x.db", nil, exitUsage, "2:SQLite has no roles"},
	} {
		t.Run(c.name, func(t *testing.T) {
			on(c.url).run(t.Context(), append([]string{"role"}, c.args...)...).want(t, c.code, c.want)
		})
	}
	r := on("postgres://u@h/d").run(t.Context(), "role", "-json")
	if statements, _ := one(t, r.stdout)["statements"].([]any); len(statements) != 2 {
		t.Errorf("got %s, want two statements", r.stdout)
	}
}

// The application's role in PostgreSQL is enough for all commands about users.
func TestGrants(t *testing.T) {
	url := newPostgreSQL(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	fill(t, url, 1)
	db := opened(t, url).(sqlStore).db
	name := prefixOf(t, url) + "app"
	r := on(url).run(t.Context(), "role", "-to", name)
	for _, statement := range []string{"CREATE ROLE " + name, r.stdout} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP OWNED BY " + name + "; DROP ROLE " + name); err != nil {
			t.Error(err)
		}
	})
	limited := on(url + "&role=" + name)
	limited.run(t.Context(), "check").want(t, exitDone, "no problems found")
	limited.run(t.Context(), "setup").want(t, exitDone)
	limited.run(t.Context(), "deactivate", address(0)).want(t, exitDone)
}

func TestSchema(t *testing.T) {
	for url, dialect := range map[string]sqlstore.Dialect{"postgres://u@h/d?prefix=x_": sqlstore.PostgreSQL, "sqlite:x.db?prefix=x_": sqlstore.SQLite} {
		want, err := sqlstore.SchemaSQL(dialect, "x_")
		if err != nil {
			t.Fatal(err)
		}
		if r := on(url).run(t.Context(), "schema"); r != (result{0, want, ""}) {
			t.Errorf("%s: got %+v, want SchemaSQL's statements", dialect, r)
		}
		r := on(url).run(t.Context(), "schema", "-json")
		var object map[string]string
		if err := json.Unmarshal([]byte(r.stdout), &object); err != nil || object["statements"] != want {
			t.Errorf("%s: got %s, want SchemaSQL's statements in an object", dialect, r.stdout)
		}
	}
	on("https://h").run(t.Context(), "schema").want(t, exitUsage, "2:schema is for PostgreSQL and SQLite")
}

func TestReindexOnlyElasticsearch(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		on(url).run(t.Context(), "setup").want(t, exitDone)
		on(url).run(t.Context(), "reindex").want(t, exitUsage, "2:reindex is for Elasticsearch")
	})
}
