package sqlstore

import "fmt"

// An entry of a PostgreSQL index has at most about 2,700 bytes, of which the key takes up to
// maxKey. So first_order and last_order keep the first 60 characters, and an ID of more
// than 200 characters isn't indexed.
const (
	maxIndexedName = 60
	maxIndexedID   = 200
	indexedID      = "length(id) <= 200"
)

// An index makes a kind of statement fast. The names are without the prefix.
type index struct {
	table, name string
	columns     string // separated by ", "
	where       string // the condition of its rows, or ""
	without     string // what is slow without it
}

var indexes = []index{
	{"users", "users_created", "created_at, key", "", "listings by time"},
	{"users", "users_last", "last_order, first_order, key", "", "listings by name, or by the beginning of the name,"},
	{"users", "users_first", "first_order", "", "listings by the beginning of the name"},
	{"users", "users_long", "key", "last_long IS NOT NULL", "listings by name"},
	{"users", "users_email", "email_lower", "email_lower IS NOT NULL", "listings by the beginning of the address"},
	{"users", "users_id", "id", indexedID, "listings by ID"},
	{"counts", "counts_ends", "ends", "", "cleanups of counts"},
}

// create returns the statement that makes the index.
func (x index) create(prefix string) string {
	statement := fmt.Sprintf("CREATE INDEX %[1]s%[2]s ON %[1]s%[3]s (%[4]s)", prefix, x.name, x.table, x.columns)
	if x.where != "" {
		statement += " WHERE " + x.where
	}
	return statement
}

func createIndexes(prefix string) []string {
	statements := make([]string, len(indexes))
	for i, x := range indexes {
		statements[i] = x.create(prefix)
	}
	return statements
}
