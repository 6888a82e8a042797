package sqlstore

import (
	"errors"
	"strings"
)

// The primary result codes of SQLite.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteInterrupt  = 9
	sqliteIOErr      = 10
	sqliteFull       = 13
	sqliteTooBig     = 18
	sqliteConstraint = 19
)

// A coded is an error of a driver of SQLite that has SQLite's code.
type coded interface {
	error
	Code() int
}

// kindOfSQLite returns the kind of an error of SQLite, by its code or, if the driver
// hides that, by its text.
func kindOfSQLite(err error) kind {
	if e, ok := errors.AsType[coded](err); ok {
		switch e.Code() & 0xff {
		case sqliteBusy, sqliteLocked:
			return contended
		case sqliteInterrupt, sqliteIOErr:
			return open
		case sqliteFull: // the record of the commit is written last, and wasn't
			return unavailable
		}
		return refused
	}
	switch text := err.Error(); {
	case strings.Contains(text, "is locked"):
		return contended
	case strings.Contains(text, "I/O error"), strings.Contains(text, "interrupted"):
		return open
	case strings.Contains(text, "disk is full"):
		return unavailable
	}
	return refused
}

// sqliteMeanings describe parts of SQLite's errors. Their texts are the same with each driver.
var sqliteMeanings = []struct{ part, meaning string }{
	{"readonly database", " (with a write-ahead log, the process must be able to write the file and its directory, also to read users: change their owner or modes, or remove mode=ro, immutable and query_only from the name of the database)"},
	{"unable to open database file", " (there is no such file, or the process can't read it or the files -wal and -shm beside it, or can't write its directory)"},
	{"no such table", " (is the store set up?)"},
	{"no such column", " (is the schema newer or older?)"},
	{"image is malformed", " (the file is damaged: restore a backup)"},
}

// meaningOfSQLite returns what an operator may have to do about an error of SQLite, or "".
func meaningOfSQLite(err error) string {
	for _, m := range sqliteMeanings {
		if strings.Contains(err.Error(), m.part) {
			return m.meaning
		}
	}
	return ""
}
