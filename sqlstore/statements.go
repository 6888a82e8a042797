package sqlstore

import (
	"fmt"
	"strings"
)

// statements are the statements of a dialect and a prefix. Their parameters appear in
// the order of their numbers: some drivers of SQLite count them so.
type statements struct {
	dialect Dialect
	prefix  string

	getColumns                    []string // what get reads
	insert, get, update, remove   string
	holder, confirmOwn, confirmID string

	addCount, subtractCount, readCount, sweepCounts string
}

// dataColumns are the columns that an Update replaces, in the order of record.data.
var dataColumns = []string{
	"email_address", "password", "first_name", "last_name", "is_active", "created_at", "updated_at",
	"email_verified_at", "profile", "security_stamp", "private", "placeholder",
	"first_order", "last_order", "first_long", "last_long", "email_lower",
}

// orderColumns is how many of them, at the end, are for listings only.
const orderColumns = 5

func newStatements(d Dialect, prefix string) *statements {
	users := prefix + "users"
	columns := insertColumns()
	parameters := make([]string, len(columns))
	for i := range columns {
		parameters[i] = fmt.Sprintf("$%d", i+1)
	}
	assignments := []string{"version = $1"}
	for i, name := range dataColumns {
		assignments = append(assignments, fmt.Sprintf("%s = $%d", name, i+2))
	}
	n := len(assignments)
	list := strings.Join(columns, ", ")
	read := columns[:len(columns)-orderColumns]
	st := &statements{
		dialect: d,
		prefix:  prefix,

		getColumns: read,

		insert: fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (key) DO NOTHING", users, list, strings.Join(parameters, ", ")),
		get:    fmt.Sprintf("SELECT %s FROM %s WHERE key = $1", strings.Join(read, ", "), users),
		update: fmt.Sprintf("UPDATE %s SET %s WHERE key = $%d AND id = $%d AND version = $%d",
			users, strings.Join(assignments, ", "), n+1, n+2, n+3),
		remove:     fmt.Sprintf("DELETE FROM %s WHERE key = $1 AND id = $2 AND version = $3", users),
		holder:     fmt.Sprintf("SELECT id, version FROM %s WHERE key = $1", users),
		confirmOwn: fmt.Sprintf("UPDATE %s SET version = version WHERE key = $1 AND version = $2", users),
		confirmID:  fmt.Sprintf("UPDATE %s SET version = version WHERE key = $1 AND id = $2", users),
	}
	st.setCounts()
	return st
}
