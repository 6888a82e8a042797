package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

const defaultPrefix = "signup_"

// Options are the options of [New] and [NewCounter]. The zero value has the defaults.
type Options struct {
	// Dialect is the kind of the database. The zero value, [Detect], asks the
	// database before the first statement.
	Dialect Dialect
	// Prefix is what the names of the tables begin with. "" means "signup_". It
	// consists of a-z, 0-9 and "_", begins with a letter, and has at most 40
	// characters. Stores with different prefixes share nothing. In PostgreSQL, the
	// tables are those that the connection's search_path finds first. If it finds none,
	// Setup makes them in its first schema that exists.
	Prefix string
}

// A base is what a Store and a Counter have in common.
type base struct {
	db         *sql.DB
	prefix     string
	err        error // the options aren't valid
	statements atomic.Pointer[statements]
	writer     chan struct{} // has room for one: see base.alone
}

func (b *base) init(db *sql.DB, opts *Options) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	b.db, b.prefix, b.writer = db, o.Prefix, make(chan struct{}, 1)
	switch {
	case db == nil:
		b.err = errors.New("the *sql.DB is nil")
	case !isPrefix(o.Prefix):
		b.err = prefixError(o.Prefix)
	case o.Dialect < Detect || o.Dialect > SQLite:
		b.err = fmt.Errorf("unknown dialect %d", int(o.Dialect))
	case o.Dialect != Detect:
		b.statements.Store(newStatements(o.Dialect, o.Prefix))
	}
}

// isPrefix reports whether text, which is not empty, can begin the names of tables.
func isPrefix(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return len(text) <= 40 && strings.Contains(letters, text[:1]) && strings.Trim(text, letters+"0123456789_") == ""
}

func prefixError(text string) error {
	return fmt.Errorf("invalid prefix %q: it must consist of a-z, 0-9 and \"_\", begin with a letter, and have at most 40 characters", text)
}

// A Store is a [signup.Store] in PostgreSQL or SQLite. Make one with [New]. It is safe
// for concurrent use.
type Store struct{ base }

// New returns a Store that uses db. New itself sends no statement: call [Store.Setup]
// before the first use. New copies opts; nil means the defaults. If db is nil or an
// option isn't valid, every method fails. The caller closes db.
func New(db *sql.DB, opts *Options) *Store {
	s := new(Store)
	s.init(db, opts)
	return s
}
