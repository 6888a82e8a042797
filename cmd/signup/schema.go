package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/gosignup/signup/sqlstore"
)

var schemaCommand = command{
	name: "schema", about: "print the statements that setup carries out in an empty database",
	more: `They are for applications that make and migrate their tables with another tool, and
belong into one transaction. It connects to nothing.`,
	prepare: withoutFlags(func(_ context.Context, c *call) error {
		t, err := c.target()
		if err != nil {
			return err
		}
		text, err := t.schema()
		if err != nil {
			return err
		}
		return c.print(strings.TrimSuffix(text, "\n"), map[string]string{"statements": text})
	}),
}

func (t target) schema() (string, error) {
	dialect := sqlstore.SQLite
	switch t.kind {
	case elasticsearch:
		return "", usageError{"schema is for PostgreSQL and SQLite: Elasticsearch's index is made by signup setup"}
	case postgreSQL:
		dialect = sqlstore.PostgreSQL
	}
	text, err := sqlstore.SchemaSQL(dialect, t.prefix)
	if err != nil {
		return "", usageError{fmt.Sprintf("-prefix: %v", err)}
	}
	return text, nil
}

// tables returns what the names of the tables begin with.
func (t target) tables() (string, error) {
	_, err := t.schema() // it checks the prefix
	return cmp.Or(t.prefix, "signup_"), err
}
