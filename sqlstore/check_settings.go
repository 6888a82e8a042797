package sqlstore

import (
	"context"
	"errors"
	"fmt"
)

// checkSettings checks the server and the settings of the connection.
func (c *checkup) checkSettings(ctx context.Context) error {
	if c.st.dialect == SQLite {
		return c.checkSQLite(ctx)
	}
	return c.checkPostgreSQL(ctx)
}

func (c *checkup) checkPostgreSQL(ctx context.Context) error {
	var number int
	var encoding, commit, fsync, pages string
	var recovery, readOnly bool
	err := c.QueryRowContext(ctx, `
SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_encoding'), current_setting('synchronous_commit'),
	current_setting('fsync'), current_setting('full_page_writes'), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'`,
	).Scan(&number, &encoding, &commit, &fsync, &pages, &recovery, &readOnly)
	if err != nil {
		return newFailure(c.op, c.st.dialect, err)
	}
	if number < 130000 {
		c.add(CodeOldServer, fmt.Sprintf("The server is PostgreSQL %d: this package is tested with 13 and later.", number/10000), "Upgrade the server.")
	}
	if encoding != "UTF8" {
		c.add(CodeEncoding, "The database has the encoding "+encoding+": it can't keep all names and addresses.", "Make a database with ENCODING 'UTF8', and move the tables there.")
	}
	switch {
	case recovery:
		c.add(CodeReadOnly, "The server is a replica: it takes no writes, and Get may return what is no longer current.", "Connect to the primary, for example with target_session_attrs=read-write.")
	case readOnly:
		c.add(CodeReadOnly, "Transactions are read-only.", "Set default_transaction_read_only to off for the role or the database.")
	}
	if commit == "off" {
		c.add(CodeNotDurable, "synchronous_commit is off: a crash of the server undoes users that were acknowledged.", "Set synchronous_commit to on, for the role or the database at least.")
	}
	if fsync != "on" || pages != "on" {
		c.add(CodeNotDurable, "fsync or full_page_writes is off: a power failure may destroy the database.", "Set both to on, except if the storage makes them unnecessary.")
	}
	return nil
}

func (c *checkup) checkSQLite(ctx context.Context) error {
	var version, journal string
	var synchronous, queryOnly int
	for _, setting := range []struct {
		query string
		value any
	}{
		{"SELECT sqlite_version()", &version}, {"PRAGMA journal_mode", &journal},
		{"PRAGMA synchronous", &synchronous}, {"PRAGMA query_only", &queryOnly},
	} {
		if err := c.QueryRowContext(ctx, setting.query).Scan(setting.value); err != nil {
			return newFailure(c.op, c.st.dialect, err)
		}
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil || major < 3 || major == 3 && minor < 37 {
		c.add(CodeOldServer, "The driver has SQLite "+version+": this package needs 3.37.", "Update the driver.")
	}
	if queryOnly != 0 {
		c.add(CodeReadOnly, "The connection has query_only: it takes no writes.", "Remove query_only from the name of the database.")
	} else if c.isReadOnly(ctx) {
		c.add(CodeReadOnly, "The file is read-only.", "Remove mode=ro and immutable from the name of the database, or let the process write the file and its directory.")
	}
	const full = 2
	switch {
	case journal == "memory" || journal == "off":
		c.add(CodeNotDurable, "journal_mode is "+journal+": a crash of the process may destroy the database.", "PRAGMA journal_mode = WAL, once")
	case journal != "wal":
		c.add(CodeJournal, "journal_mode is "+journal+": readers and writers wait for each other.", "PRAGMA journal_mode = WAL, once")
	}
	if synchronous < full {
		c.add(CodeNotDurable, "synchronous is less than FULL: a power failure may undo users that were acknowledged.",
			"Set synchronous to FULL on each connection, in the name of the database.")
	}
	return nil
}

// isReadOnly reports whether SQLite refuses a statement that would change no row because it
// is a write.
func (c *checkup) isReadOnly(ctx context.Context) bool {
	_, err := c.ExecContext(ctx, "DELETE FROM "+c.st.prefix+"users WHERE FALSE")
	e, ok := errors.AsType[coded](err)
	return ok && e.Code()&0xff == sqliteReadOnly
}
