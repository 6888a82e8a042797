package sqlstore

import (
	"context"
	"fmt"
	"slices"
)

// The columns of a table, as the database describes them: name, type, NOT NULL, whether
// there is a default, and the collation in PostgreSQL. The last one is "C" in SQLite,
// where that of the primary key's index is checked.
const (
	postgresColumns = `
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '', coalesce(c.collname::text, 'C')
FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`
	sqliteColumns = `SELECT name, type, "notnull", dflt_value IS NOT NULL, 'C' FROM pragma_table_info($1)`
)

// Whether the column $2 alone is unique in the table $1, byte by byte.
const (
	postgresUnique = `
SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = to_regclass($1) AND a.attname = $2
AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indnkeyatts = 1`
	sqliteUnique = `
SELECT count(*) FROM pragma_index_list($1) l, pragma_index_xinfo(l.name) x
WHERE x.key = 1 AND x.name = $2 AND x.coll = 'BINARY' AND l."unique" = 1 AND l.partial = 0
AND (SELECT count(*) FROM pragma_index_xinfo(l.name) y WHERE y.key = 1) = 1`
)

// A storedColumn is a column as the database describes it.
type storedColumn struct {
	name, kind      string
	notNull, preset bool
	collation       string
}

func (c *checkup) columnsOf(ctx context.Context, table string) ([]storedColumn, error) {
	return described(ctx, c, sqliteColumns, postgresColumns, table, func(s *storedColumn) []any {
		return []any{&s.name, &s.kind, &s.notNull, &s.preset, &s.collation}
	})
}

// described returns what the query of c's dialect returns for the table, a T for each row.
// fields returns where its columns go.
func described[T any](ctx context.Context, c *checkup, sqlite, postgres, table string, fields func(*T) []any) ([]T, error) {
	query := sqlite
	if c.st.dialect == PostgreSQL {
		query = postgres
	}
	rows, err := c.QueryContext(ctx, query, table)
	if err != nil {
		return nil, newFailure(c.op, c.st.dialect, err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		var one T
		if err := rows.Scan(fields(&one)...); err != nil {
			return nil, newFailure(c.op, c.st.dialect, err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, newFailure(c.op, c.st.dialect, err)
	}
	return all, nil
}

// checkTable compares the table with the columns that Setup makes.
func (c *checkup) checkTable(ctx context.Context, table string, columns []column) error {
	stored, err := c.columnsOf(ctx, table)
	if err != nil {
		return err
	}
	if len(stored) == 0 {
		c.add(CodeNoTable, "The table "+table+" doesn't exist.",
			"Restore the database from a backup. If the table was never made, carry out its statement of SchemaSQL.")
		return nil
	}
	for _, want := range columns {
		i := slices.IndexFunc(stored, func(s storedColumn) bool { return s.name == want.name })
		if i < 0 {
			c.add(CodeColumn, fmt.Sprintf("The table %s has no column %s.", table, want.name), remedyOfMissing(want.name))
			continue
		}
		c.checkColumn(table, want, stored[i])
		stored = slices.Delete(stored, i, i+1)
	}
	for _, other := range stored {
		if other.notNull && !other.preset {
			c.add(CodeColumn, fmt.Sprintf("The table %s has a column %s that is NOT NULL and has no default: no user can be created.", table, other.name),
				"Give the column a default, or drop NOT NULL.")
		}
	}
	return c.checkIndexes(ctx, table, columns)
}

// remedyOfMissing returns what to do about a column that is missing. What the columns for
// listings have is computed from others, and no statement of SQL computes it alike.
func remedyOfMissing(column string) string {
	if slices.Contains(dataColumns[len(dataColumns)-orderColumns:], column) {
		return "If there are users, Export them with hashes, rename the tables, call Setup, and Import the users: that computes the column. Otherwise add it as in SchemaSQL."
	}
	return "Add the column as in SchemaSQL, with the values of a backup if there are users."
}

func (c *checkup) checkColumn(table string, want column, got storedColumn) {
	kind := want.sqlite
	if c.st.dialect == PostgreSQL {
		kind = want.postgres
	}
	if got.kind != kind {
		c.add(CodeColumn, fmt.Sprintf("The column %s of the table %s has the type %s instead of %s.", want.name, table, got.kind, kind),
			"Change the type as in SchemaSQL.")
	}
	if !got.notNull && !want.null {
		c.add(CodeColumn, fmt.Sprintf("The column %s of the table %s may be NULL: a row with NULL there can't be read.", want.name, table), "Make it NOT NULL as in SchemaSQL.")
	}
	if got.notNull && want.null {
		c.add(CodeColumn, fmt.Sprintf("The column %s of the table %s is NOT NULL.", want.name, table), "Drop NOT NULL.")
	}
	if want.bytewise && got.collation != "C" && got.collation != "POSIX" {
		c.add(CodeCollation, fmt.Sprintf("The column %s of the table %s has the collation %s: an update of the operating system may change its order, so that the index no longer finds users.", want.name, table, got.collation),
			fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN %s TYPE text COLLATE "C"`, table, want.name))
	}
}

// checkIndexes checks that the first column is unique in the table, and the other indexes.
func (c *checkup) checkIndexes(ctx context.Context, table string, columns []column) error {
	unique := columns[0].name
	query := sqliteUnique
	if c.st.dialect == PostgreSQL {
		query = postgresUnique
	}
	var n int
	if err := c.QueryRowContext(ctx, query, table, unique).Scan(&n); err != nil {
		return newFailure(c.op, c.st.dialect, err)
	}
	if n == 0 {
		c.add(CodePrimaryKey, fmt.Sprintf("The column %s of the table %s isn't its primary key, compared byte by byte: no user can be created.", unique, table),
			fmt.Sprintf("Make %s the primary key, as in SchemaSQL. If that fails because of duplicates, decide which of them is right.", unique))
	}
	return c.checkOtherIndexes(ctx, table, columns)
}
