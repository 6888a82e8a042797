package sql

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gosignup/signup/internal/bench/people"
	"github.com/gosignup/signup/internal/bench/rounds"
	"github.com/gosignup/signup/sqlstore"
)

var perImport = flag.Int("import", 100_000, "the number of users that are imported in a round")

// BenchmarkImport compares Store.Import with the fastest means of the database: COPY in
// PostgreSQL, and one prepared statement in one transaction in SQLite. These get the
// values of the columns, and fail as a whole if a key is held. Each imports into a new
// table.
func BenchmarkImport(b *testing.B) {
	eachDatabase(b, func(b *testing.B, d *database) {
		n := *perImport
		remove := func() {} // the table of the round before
		another := func() (t *table) {
			remove()
			t, remove = d.newTable(b)
			return t
		}
		ours := &rounds.Contender{Prepare: func(n int) func() error {
			t := another()
			users := newUsers(n)
			return func() error {
				sum, err := t.store.Import(b.Context(), people.Sequence(slices.Values(users)), nil)
				if err == nil && sum.Created != int64(n) {
					err = fmt.Errorf("created %d of %d users", sum.Created, n)
				}
				return err
			}
		}}
		raw := &rounds.Contender{Prepare: func(n int) func() error {
			t := another()
			rows := t.valuesOf(newUsers(n))
			return func() error { return t.load(b.Context(), rows) }
		}}
		b.ReportAllocs()
		rounds.Compare(b, n, ours, raw)
		rounds.ReportRatio(b, ours.Took, raw.Took)
	})
}

// load stores rows by hand, as fast as the database can.
func (t *table) load(ctx context.Context, rows [][]any) error {
	load := t.insertAll
	if t.dialect == sqlstore.PostgreSQL {
		load = t.copyAll
	}
	n, err := load(ctx, rows)
	if err == nil && n != int64(len(rows)) {
		err = fmt.Errorf("stored %d of %d rows", n, len(rows))
	}
	return err
}

func (t *table) copyAll(ctx context.Context, rows [][]any) (n int64, err error) {
	conn, err := t.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(driver any) (err error) {
		n, err = driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.prefix + "users"}, columns, pgx.CopyFromRows(rows))
		return err
	})
	return n, err
}

func (t *table) insertAll(ctx context.Context, rows [][]any) (n int64, err error) {
	tx, err := t.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	insert, err := tx.PrepareContext(ctx, t.insert)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		result, err := insert.ExecContext(ctx, row...)
		if err != nil {
			return 0, err
		}
		one, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		n += one
	}
	return n, tx.Commit()
}
