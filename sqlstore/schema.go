package sqlstore

import (
	"fmt"
	"strings"
)

// schemaVersion is the version of the schema that this package makes.
const schemaVersion = 1

// A column is a column of a table.
type column struct {
	name             string
	postgres, sqlite string // its types, as the databases report them
	null             bool
	bytewise         bool   // text that is compared byte by byte
	primary          bool   // the primary key
	preset           string // the default, in SQL
}

// The columns of users. email_address, password (the hash), first_name, last_name,
// is_active and created_at are named as in package esstore. The columns from first_order
// to email_lower are for listings. more is an object for what a later version of this package
// keeps; this version never writes it.
var userColumns = []column{
	{name: "key", postgres: "text", sqlite: "TEXT", bytewise: true, primary: true},
	{name: "key_rule", postgres: "text", sqlite: "TEXT"},
	{name: "id", postgres: "text", sqlite: "TEXT", bytewise: true},
	{name: "version", postgres: "text", sqlite: "TEXT", bytewise: true},
	{name: "email_address", postgres: "text", sqlite: "TEXT"},
	{name: "password", postgres: "text", sqlite: "TEXT"},
	{name: "first_name", postgres: "text", sqlite: "TEXT"},
	{name: "last_name", postgres: "text", sqlite: "TEXT"},
	{name: "is_active", postgres: "boolean", sqlite: "INTEGER"},
	{name: "created_at", postgres: "timestamp(3) with time zone", sqlite: "INTEGER"},
	{name: "updated_at", postgres: "timestamp(3) with time zone", sqlite: "INTEGER"},
	{name: "email_verified_at", postgres: "timestamp(3) with time zone", sqlite: "INTEGER", null: true},
	{name: "profile", postgres: "jsonb", sqlite: "TEXT"},
	{name: "security_stamp", postgres: "text", sqlite: "TEXT"},
	{name: "private", postgres: "bytea", sqlite: "BLOB", null: true},
	{name: "placeholder", postgres: "boolean", sqlite: "INTEGER"},
	{name: "first_order", postgres: "text", sqlite: "TEXT", bytewise: true},
	{name: "last_order", postgres: "text", sqlite: "TEXT", bytewise: true},
	{name: "first_long", postgres: "text", sqlite: "TEXT", bytewise: true, null: true},
	{name: "last_long", postgres: "text", sqlite: "TEXT", bytewise: true, null: true},
	{name: "email_lower", postgres: "text", sqlite: "TEXT", bytewise: true, null: true},
	{name: "more", postgres: "jsonb", sqlite: "TEXT", preset: "'{}'"},
}

// The columns of counts. name is a hash of the name; the times are in milliseconds
// since 1970.
var countColumns = []column{
	{name: "name", postgres: "bytea", sqlite: "BLOB", primary: true},
	{name: "count", postgres: "bigint", sqlite: "INTEGER"},
	{name: "ends", postgres: "bigint", sqlite: "INTEGER"},
	{name: "length", postgres: "bigint", sqlite: "INTEGER"},
}

// definition returns the column's part of CREATE TABLE.
func (c column) definition(d Dialect) string {
	text := c.name + " " + c.sqlite
	if d == PostgreSQL {
		text = c.name + " " + c.postgres
		if c.bytewise {
			text += ` COLLATE "C"`
		}
	}
	if !c.null {
		text += " NOT NULL"
	}
	if c.preset != "" {
		text += " DEFAULT " + c.preset
	}
	if c.primary {
		text += " PRIMARY KEY"
	}
	return text
}

func createTable(d Dialect, name string, columns []column) string {
	lines := make([]string, len(columns))
	for i, c := range columns {
		lines[i] = "\t" + c.definition(d)
	}
	end := "\n)"
	if d == SQLite {
		end = "\n) STRICT"
	}
	return "CREATE TABLE " + name + " (\n" + strings.Join(lines, ",\n") + end
}

// migration returns the statements that lead to the given version of the schema from
// the one before.
func migration(d Dialect, prefix string, version int) []string {
	switch version {
	case 1:
		integer := "integer"
		if d == SQLite {
			integer = "INTEGER"
		}
		tables := []string{createTable(d, prefix+"users", userColumns), createTable(d, prefix+"counts", countColumns)}
		return append(append(tables, createIndexes(prefix)...),
			createTable(d, prefix+"schema", []column{{name: "version", postgres: integer, sqlite: integer, primary: true}}),
			fmt.Sprintf("INSERT INTO %sschema (version) VALUES (%d)", prefix, version),
		)
	}
	panic(fmt.Sprintf("sqlstore: no migration to schema %d", version))
}

// SchemaSQL returns the statements that [Store.Setup] carries out in an empty
// database, for applications that make and migrate their tables with a tool of their
// own. Each ends with a semicolon and a new line. They belong into one transaction.
// prefix is Options.Prefix. If d isn't PostgreSQL or SQLite, or prefix isn't valid,
// the error isn't nil.
func SchemaSQL(d Dialect, prefix string) (string, error) {
	if prefix == "" {
		prefix = defaultPrefix
	}
	if !isPrefix(prefix) {
		return "", fmt.Errorf("sqlstore: schema: %w", prefixError(prefix))
	}
	if d != PostgreSQL && d != SQLite {
		return "", fmt.Errorf("sqlstore: no schema for the dialect %s", d)
	}
	var all strings.Builder
	for version := 1; version <= schemaVersion; version++ {
		for _, statement := range migration(d, prefix, version) {
			all.WriteString(statement + ";\n")
		}
	}
	return all.String(), nil
}
