package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gosignup/signup"
)

// A Counter is a [signup.Counter] in PostgreSQL or SQLite, for any number of processes.
// Make one with [NewCounter]. It is safe for concurrent use.
//
// An Add is one statement. The table has a hash of the name, not the name. The time is
// that of PostgreSQL's server, so that the clocks of the processes don't matter, and
// with SQLite that of the process.
//
// If the connection is lost, an Add with an n above 0 is made once more and may count
// twice. An Add with an n below 0 returns an error then.
//
// One Add in a thousand also deletes counts that have ended, at most 2000.
type Counter struct {
	base
	adds atomic.Int64
}

// NewCounter returns a Counter that uses db. It sends no statement: the tables are
// those of [Store.Setup], with the same options. NewCounter copies opts; nil means the
// defaults. If db is nil or an option isn't valid, every method fails.
func NewCounter(db *sql.DB, opts *Options) *Counter {
	c := new(Counter)
	c.init(db, opts)
	return c
}

const (
	// sweepEvery is after how many Adds the Counter sweeps.
	sweepEvery = 1000
	// sweepMost is how many counts a sweep deletes at most: more than are added until
	// the next one.
	sweepMost = 2 * sweepEvery
	// sweepTimeout limits how long a sweep delays its Add.
	sweepTimeout = time.Second
)

// now is the time of a statement in milliseconds since 1970. PostgreSQL's now() is the
// same in the whole statement, so that no count ends in the middle of one.
const postgresNow = "CAST(floor(extract(epoch FROM now()) * 1000) AS bigint)"

func (st *statements) setCounts() {
	counts := st.prefix + "counts"
	// set returns the statement with the time; $1 is the time in SQLite.
	set := func(query string) string {
		now := "$1"
		if st.dialect == PostgreSQL {
			now = postgresNow
			for _, renumber := range [][2]string{{"$2", "$1"}, {"$3", "$2"}, {"$4", "$3"}} {
				query = strings.ReplaceAll(query, renumber[0], renumber[1])
			}
		}
		return strings.NewReplacer("{now}", now, "{counts}", counts, "{most}", fmt.Sprint(signup.MaxCount)).Replace(query)
	}
	// A count whose time is further off than its window is from a clock that was ahead.
	const begun = "(c.count > 0 AND c.ends > {now})"
	lesser := "min"
	greater := "max"
	if st.dialect == PostgreSQL {
		lesser, greater = "least", "greatest"
	}
	st.addCount = set(strings.NewReplacer("{begun}", begun, "{lesser}", lesser).Replace(`
INSERT INTO {counts} AS c (ends, name, count, length)
SELECT {now} + 1 + CAST($2 AS bigint), $3, CAST($4 AS bigint), CAST($2 AS bigint) WHERE true
ON CONFLICT (name) DO UPDATE SET
	count = CASE WHEN {begun} THEN {lesser}(c.count + excluded.count, {most}) ELSE excluded.count END,
	ends = CASE WHEN {begun} THEN {lesser}(c.ends, {now} + 1 + c.length) ELSE excluded.ends END,
	length = CASE WHEN {begun} THEN c.length ELSE excluded.length END
RETURNING count`))
	st.subtractCount = set(strings.NewReplacer("{greater}", greater).Replace(`
UPDATE {counts} SET count = CASE WHEN ends > {now} THEN {greater}(0, count - $2) ELSE 0 END
WHERE name = $3 RETURNING count`))
	st.readCount = set("SELECT CASE WHEN ends > {now} THEN count ELSE 0 END FROM {counts} WHERE name = $2")
	// Two sweeps at once would otherwise wait for each other's rows.
	skip := ""
	if st.dialect == PostgreSQL {
		skip = "FOR UPDATE SKIP LOCKED"
	}
	st.sweepCounts = set(fmt.Sprintf(
		"DELETE FROM {counts} WHERE name IN (SELECT name FROM {counts} WHERE ends <= {now} LIMIT %d %s)", sweepMost, skip))
}

// Add implements [signup.Counter], with one statement. ErrBusy has the meaning that it
// has for a [Store]. If ctx ends during the call, n may have been added.
func (c *Counter) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	if name == "" || len(name) > signup.MaxCountName {
		return 0, fmt.Errorf("sqlstore: count: name of %d bytes, want 1 to %d: %w", len(name), signup.MaxCountName, signup.ErrInvalid)
	}
	if window <= 0 || window > signup.MaxCountWindow {
		return 0, fmt.Errorf("sqlstore: count: window of %s, want more than 0 and at most %s: %w", window, signup.MaxCountWindow, signup.ErrInvalid)
	}
	n = max(-signup.MaxCount, min(n, signup.MaxCount))
	hash := sha256.Sum256([]byte(name))
	var doubt *failure
	for p := newPacer(); ; {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("sqlstore: count: %w", err)
		}
		count, f := c.add(ctx, hash[:], n, window)
		switch {
		case f == nil:
			if n > 0 && c.adds.Add(1)%sweepEvery == 0 {
				c.sweep(ctx)
			}
			return count, nil
		case ctx.Err() != nil:
			continue
		case f.kind == open && n == 0:
			f.kind = contended // nothing was added
		case f.kind == open && n < 0:
			return 0, f
		case doubt == nil && f.kind == open:
			doubt = f
			p = newPacer()
		case doubt == nil && f.kind != contended:
			return 0, f
		}
		limit := busyTimeout
		if doubt != nil {
			limit, f = settleTimeout, doubt
		}
		if !p.wait(ctx, limit) && ctx.Err() == nil {
			return 0, f
		}
	}
}

// add sends one statement.
func (c *Counter) add(ctx context.Context, hash []byte, n int, window time.Duration) (int, *failure) {
	st, f := c.ready(ctx, "count")
	if f != nil {
		return 0, f
	}
	query, args := st.readCount, []any{hash}
	switch {
	case n > 0:
		query, args = st.addCount, []any{int64((window + time.Millisecond - 1) / time.Millisecond), hash, int64(n)}
	case n < 0:
		query, args = st.subtractCount, []any{int64(-n), hash}
	}
	if n != 0 {
		release, err := c.alone(ctx, st)
		if err != nil {
			return 0, newFailure("count", st.dialect, err)
		}
		defer release()
	}
	count, err := c.one(ctx, query, st.withTime(args))
	if err != nil {
		return 0, newFailure("count", st.dialect, err)
	}
	return count, nil
}

// one returns the number in the one row of a statement; 0 if there is no row. It reads to
// the end: the commit, which may fail, comes after the row.
func (c *Counter) one(ctx context.Context, query string, args []any) (n int, err error) {
	rows, err := c.db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return n, rows.Close()
}

// withTime returns the arguments of a statement that needs the time.
func (st *statements) withTime(args []any) []any {
	if st.dialect == PostgreSQL {
		return args
	}
	return append([]any{time.Now().UnixMilli()}, args...)
}

// sweep deletes counts that have ended. It is part of an Add, rather than a goroutine, so
// that nothing uses the database after the last call. If it fails, the next one continues.
func (c *Counter) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	if st, f := c.ready(ctx, "sweep"); f == nil {
		_, _ = c.exec(ctx, st, "sweep", st.sweepCounts, st.withTime(nil)...)
	}
}
