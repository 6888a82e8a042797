// Package sqlstore keeps users in PostgreSQL or SQLite, on [database/sql]. It imports no
// driver; the application does:
//
//	import _ "github.com/jackc/pgx/v5/stdlib" // or modernc.org/sqlite
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	…
//	store := sqlstore.New(db, nil)
//	if err := store.Setup(ctx); err != nil {
//		…
//	}
//	accounts := &signup.Accounts{Store: store, Counter: sqlstore.NewCounter(db, nil)}
//
// For SQLite, sql.Open has the name of a file, with a write-ahead log and a time to wait
// for other processes:
//
//	sql.Open("sqlite", "file:users.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
//
// With a write-ahead log, a process needs to write the file and its directory, also if it
// only reads users: SQLite keeps the files users.db-wal and users.db-shm there. Without
// that, methods return an error that says so. A copy that no process writes, such as a
// backup on a medium that is read-only, can be read with "?immutable=1".
//
// A database in memory exists once for each connection: call db.SetMaxOpenConns(1) for
// it. Otherwise Setup returns an error.
//
// The package is tested with jackc/pgx and modernc.org/sqlite. It uses nothing of them
// except an error's SQLSTATE in PostgreSQL (a method SQLState() string, as lib/pq's
// errors also have), and in SQLite an error's code (a method Code() int) or its text.
//
// # Tables
//
// [Store.Setup] makes the tables signup_users, signup_counts and signup_schema;
// Options.Prefix sets other names. [SchemaSQL] returns its statements for another
// migration tool. [Store.Check] reports what is wrong with the tables and with the
// settings of the server.
//
// A user is a row. Its primary key is the user's key, compared byte by byte. Profile is a
// JSON object. Private is kept as bytes. Times are kept to the millisecond, in SQLite as
// milliseconds since 1970. An Update leaves columns alone that this version doesn't know,
// and the column more, which is for later versions.
//
// Both databases refuse, with [signup.ErrInvalid], what one of them can't keep, so that
// users can be moved: text with a NUL or that isn't UTF-8, a key of more than 2,000
// bytes, and times outside the years 1 to 9999.
//
// # Listings
//
// [Store.Search] lists users by a [signup.Query], with an index for each order, each prefix
// and IDs. Names, and addresses that aren't the key, are also kept in lower case for it.
//
// # Moving users
//
// [Store.Export] writes users as lines of JSON, and [Store.Import] stores those of any store:
// see package transfer.
//
// # Transactions
//
// Each method is one statement as a rule, in a transaction of its own. It is atomic at
// every isolation level: Create inserts the row unless the key exists, and Update and
// Delete compare the version in the statement that changes the row. What is acknowledged
// is as durable as the database is set to make it: synchronous_commit must not be off, and
// SQLite needs synchronous=FULL, the default, against a power failure.
//
// In SQLite, the writes of one Store wait for each other in the process, so that they
// don't compete for the lock of the file.
//
// # Connections
//
// When a method of a Store returns, none of its goroutines runs and it uses no connection,
// also if ctx has ended meanwhile. A limit set with db.SetMaxOpenConns has one effect after
// that: if calls end while they wait for a connection, [database/sql] may still be opening
// one, even while db.Close returns. It counts as db.Stats().InUse. So a program that removes
// a SQLite file, such as a test, waits until that is 0, then calls db.Close, then removes
// the file with its directory.
//
// # Errors
//
// Statements that others have prevented (a serialization failure, a deadlock, a locked
// file) are repeated for up to ten seconds. After that, the error is [signup.ErrBusy]. It is
// ErrBusy at once if there is no connection to the server, if the server has no room for
// another one, starts or stops, if it has no memory or its disk is full, as that of SQLite
// may be, if it takes no writes, and after a statement_timeout or lock_timeout. In all these
// cases nothing was done. A server takes no writes if it is a replica, as for some time
// during a failover, or if default_transaction_read_only is on, as some providers set it
// when a disk is nearly full. Both may end without a change to the program, but a program
// that was given the address of a replica stays busy: see [Store.Check]. An [Store.Export]
// under way waits for the server for up to a minute.
//
// If a connection is lost during a write, its outcome is unknown. Each write has a
// random version. The same write is sent again for up to five seconds, and the
// stored version shows whether the first one was made. So Create doesn't return
// [signup.ErrExists], nor Update [signup.ErrConflict], because of the call's own write. If
// that can't be found out, the error wraps none of package signup's errors. If the
// context is done during a write, one more second is spent to find out whether it was
// made.
//
// All other failures, such as a file of SQLite that is read-only or a missing table, return
// an error that wraps none of package signup's errors. No error contains
// what was stored: of PostgreSQL's errors, it has the SQLSTATE. An error that an operator can
// do something about says what.
package sqlstore
