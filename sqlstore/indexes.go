package sqlstore

import "fmt"

// Names are indexed by their first 60 characters and IDs of at most 200 characters, because
// an entry of a PostgreSQL index has at most about 2,700 bytes, of which the key takes up
// to maxKey. For users whose two names have no more characters than that, the indexed text
// is the whole one, so that the index has the order of a listing by name.
const (
	maxIndexedName = 60
	maxIndexedID   = 200

	indexedLast  = "substr(last_order, 1, 60)"
	indexedFirst = "substr(first_order, 1, 60)"
	shortNames   = "length(last_order) <= 60 AND length(first_order) <= 60"
	longNames    = "(length(last_order) > 60 OR length(first_order) > 60)"
	shortID      = "length(id) <= 200"
)

// An index makes a kind of statement fast. The names are without the prefix.
type index struct {
	table, name string
	on          string // its columns, and the condition of its rows
	without     string // what is slow without it
}

var indexes = []index{
	{"users", "users_created", "(created_at, key)", "listings by time"},
	{"users", "users_last", "(" + indexedLast + ", " + indexedFirst + ", key)", "listings by name, or by the beginning of the name,"},
	{"users", "users_first", "(" + indexedFirst + ")", "listings by the beginning of the name"},
	{"users", "users_long", "(key) WHERE " + longNames, "listings by name"},
	{"users", "users_email", "(email_lower) WHERE email_lower IS NOT NULL", "listings by the beginning of the address"},
	{"users", "users_id", "(id) WHERE " + shortID, "listings by ID"},
	{"counts", "counts_ends", "(ends)", "cleanups of counts"},
}

func createIndexes(prefix string) []string {
	statements := make([]string, len(indexes))
	for i, x := range indexes {
		statements[i] = fmt.Sprintf("CREATE INDEX %[1]s%[2]s ON %[1]s%[3]s %[4]s", prefix, x.name, x.table, x.on)
	}
	return statements
}
