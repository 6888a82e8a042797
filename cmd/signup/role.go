package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/gosignup/signup/esstore"
)

var roleCommand = command{
	name: "role", about: "print the privileges that the application needs",
	more: `For Elasticsearch it prints the body of PUT /_security/role/NAME, and for PostgreSQL
GRANT statements. It connects to nothing.`,
	prepare: func(f *flag.FlagSet) func(context.Context, *call) error {
		setup := f.Bool("setup", false, "print the role that setup and reindex need (Elasticsearch)")
		to := f.String("to", "signup", "the `role` that GRANT names (PostgreSQL)")
		return func(_ context.Context, c *call) error {
			t, err := c.target()
			if err != nil {
				return err
			}
			return role(c, t, *setup, *to)
		}
	},
}

func role(c *call, t target, setup bool, to string) error {
	switch {
	case t.kind == sqLite:
		return usageError{"SQLite has no roles: the application needs to read and write the file and its directory"}
	case t.kind == postgreSQL && setup:
		return usageError{"-setup is for Elasticsearch: in PostgreSQL, the role that calls setup owns the tables and needs CREATE on the schema"}
	case t.kind == postgreSQL:
		return grants(c, t, to)
	case !setup:
		return c.raw(esstore.Role(t.alias))
	}
	return c.raw(esstore.SetupRole(t.alias))
}

// grants prints the statements that docs/sql.md describes.
func grants(c *call, t target, to string) error {
	prefix, err := t.tables()
	if err != nil {
		return err
	}
	to = `"` + strings.ReplaceAll(to, `"`, `""`) + `"`
	statements := []string{
		fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE ON %[1]susers, %[1]scounts TO %s;", prefix, to),
		fmt.Sprintf("GRANT SELECT ON %sschema TO %s;", prefix, to),
	}
	return c.print(strings.Join(statements, "\n"), map[string][]string{"statements": statements})
}

// raw writes JSON as it is.
func (c *call) raw(text []byte) error {
	_, err := fmt.Fprintf(c.stdout, "%s\n", text)
	return err
}
