package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/gosignup/signup"
)

// A kind is what the failure of a statement says of its effect, and what follows.
type kind int

const (
	refused     kind = iota // it had no effect, and won't have one if it is repeated
	contended               // it had no effect, because of other statements at the same time
	unavailable             // it had no effect; the database may accept it later
	open                    // it may have had its effect
)

// A failure is the error of a statement. Its text quotes no response of PostgreSQL,
// because that may contain values of the statement.
type failure struct {
	op      string
	kind    kind
	state   string // the SQLSTATE, or ""
	err     error  // the cause, if state is ""
	meaning string // of err, or ""
}

func (f *failure) Error() string {
	if f.state != "" {
		return fmt.Sprintf("sqlstore: %s: SQLSTATE %s%s", f.op, f.state, meanings[f.state])
	}
	return fmt.Sprintf("sqlstore: %s: %v%s", f.op, f.err, f.meaning)
}

func (f *failure) Unwrap() error { return f.err }

// Is reports whether target is signup.ErrBusy and nothing was done.
func (f *failure) Is(target error) bool {
	return target == signup.ErrBusy && f.state != unsupported && (f.kind == contended || f.kind == unavailable)
}

// unsupported is the SQLSTATE of a statement that the server doesn't support. A statement
// has it too if a column was changed after a connection had prepared it. Only the error's
// text, whose language is that of lc_messages, says which. In the second case, the driver
// prepares the statement again for the next attempt. In the first one, each attempt fails.
const unsupported = "0A000"

// meanings describe the SQLSTATEs that an operator may have to do something about.
var meanings = map[string]string{
	unsupported: " (the server doesn't support the statement, or the driver doesn't prepare it again after a column was changed)",
	"22P05":     " (is the encoding of the database another one than UTF8?)",
	"23502":     " (a column that this package didn't make is NOT NULL without a default)",
	"23505":     " (a unique index that this package didn't make refuses the row)",
	"23514":     " (a constraint that this package didn't make refuses the row)",
	"25006":     " (read-only: the database is a replica, or default_transaction_read_only is on)",
	"28000":     " (no such role, or pg_hba.conf refuses it)",
	"28P01":     " (wrong password, or none)",
	"3D000":     " (no such database)",
	"3F000":     " (none of the schemas in search_path exists)",
	"42501":     " (no privilege)",
	"42703":     " (no such column: is the schema newer or older?)",
	"42704":     " (no such setting: look at the parameters of the connection)",
	"42P07":     " (there is a table with this name that this package didn't make)",
	"42P01":     " (no such table: is the store set up?)",
	"53100":     " (disk full)",
	"53200":     " (out of memory, or max_locks_per_transaction is too low)",
	"53300":     " (too many connections)",
	"57014":     " (statement_timeout)",
	"57P03":     " (the server starts or stops)",
}

// newFailure returns the failure of a statement that ended with err.
func newFailure(op string, d Dialect, err error) *failure {
	f := &failure{op: op, kind: open, err: err}
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok && d != SQLite && e.SQLState() != "" {
		f.state, f.err, f.kind = e.SQLState(), nil, kindOfState(e.SQLState())
		return f
	}
	switch {
	case isUnreadable(err):
		f.kind, f.err = refused, withoutValue(err)
	case isUnreached(err):
		f.kind = unavailable
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// If the context is done, write.ended decides.
	case err.Error() == "sql: database is closed":
		f.kind = refused
	case d == SQLite && !errors.Is(err, driver.ErrBadConn):
		f.kind, f.meaning = kindOfSQLite(err), meaningOfSQLite(err)
	}
	return f
}

// isUnreadable reports whether a column has a value that the package doesn't store, such as
// NULL.
func isUnreadable(err error) bool { return strings.HasPrefix(err.Error(), "sql: Scan error on column") }

// withoutValue returns an error that names the column only: err may quote its value.
func withoutValue(err error) error {
	text := err.Error()
	if cause := errors.Unwrap(err); cause != nil {
		text = strings.TrimSuffix(text, ": "+cause.Error())
	}
	return errors.New(text + ": a value that this package doesn't store (call Check)")
}

// isUnreached reports whether there was no connection, so that nothing was sent.
func isUnreached(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return true
	}
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// kindOfState returns the kind of an error that PostgreSQL has sent. Most of them mean
// that the transaction of the statement was rolled back. That is so of a full disk, too: if
// the record of the commit can't be written, the server ends the connection instead.
func kindOfState(state string) kind {
	switch state {
	case "40001", "40P01", unsupported: // serialization failure, deadlock
		return contended
	case "53000", "53100", "53200", "53300", "57P03", "57014", "55P03": // the last: lock_timeout
		return unavailable
	case "25006": // until a failover ends, or the operator of the server has freed space
		return unavailable
	case "40003", "57P01", "57P02", "57P05":
		// The connection was ended by the server, which may have committed before.
		return open
	}
	if strings.HasPrefix(state, "08") { // of the connection
		return open
	}
	return refused
}

// isOfRow reports whether the database has refused a statement because of one of its
// rows, such as one that violates a constraint of the application.
func (f *failure) isOfRow() bool {
	if f == nil || f.kind != refused {
		return false
	}
	if f.state != "" {
		class := f.state[:2]
		return class == "22" || class == "23" || class == "54" || f.state == "P0001" // raised by a trigger
	}
	e, ok := errors.AsType[coded](f.err)
	return ok && (e.Code()&0xff == sqliteTooBig || e.Code()&0xff == sqliteConstraint)
}
