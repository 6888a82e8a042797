package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// The indexes of the table $1: name, the columns as in index.columns, the condition of its
// rows, and whether the index is unique and valid. A column whose order isn't the ordinary
// one has an addition, such as DESC. In PostgreSQL, so has one with another collation than
// the column, which is checked for itself.
const (
	postgresIndexes = `
SELECT c.relname::text, (
	SELECT string_agg(coalesce(a.attname::text, 'an expression')
		|| CASE WHEN o.collation NOT IN (0, coalesce(a.attcollation, 0)) THEN ' COLLATE ' || coalesce(l.collname::text, '') ELSE '' END
		|| CASE WHEN o.class_default THEN '' ELSE ' ' || o.class END
		|| CASE o.option & 3 WHEN 0 THEN '' WHEN 3 THEN ' DESC' WHEN 1 THEN ' DESC NULLS LAST' ELSE ' NULLS FIRST' END,
		', ' ORDER BY o.n)
	FROM (
		SELECT n, i.indkey[n] AS attnum, i.indcollation[n] AS collation, i.indoption[n] AS option,
			p.opcname::text AS class, p.opcdefault AS class_default
		FROM generate_series(0, i.indnkeyatts - 1) n JOIN pg_opclass p ON p.oid = i.indclass[n]
	) o
	LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = o.attnum
	LEFT JOIN pg_collation l ON l.oid = o.collation
) || CASE m.amname WHEN 'btree' THEN '' ELSE ' USING ' || m.amname END,
	coalesce(pg_get_expr(i.indpred, i.indrelid), ''), i.indisunique, i.indisvalid AND i.indisready
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = to_regclass($1) ORDER BY 1`
	sqliteIndexes = `
SELECT l.name, (
	SELECT group_concat(part, ', ') FROM (
		SELECT coalesce(x.name, 'an expression') || CASE x.coll WHEN 'BINARY' THEN '' ELSE ' COLLATE ' || x.coll END
			|| CASE x.desc WHEN 0 THEN '' ELSE ' DESC' END AS part
		FROM pragma_index_xinfo(l.name) x WHERE x.key = 1 ORDER BY x.seqno
	)
), CASE l.partial WHEN 0 THEN '' ELSE coalesce(substr(m.sql, instr(upper(replace(replace(m.sql, char(10), ' '), char(9), ' ')), ' WHERE ') + 7), '') END, l."unique", 1
FROM pragma_index_list($1) l LEFT JOIN sqlite_master m ON m.type = 'index' AND m.name = l.name ORDER BY 1`
)

// A storedIndex is an index as the database describes it.
type storedIndex struct {
	name, columns, where string
	unique, valid        bool
}

func (c *checkup) indexesOf(ctx context.Context, table string) ([]storedIndex, error) {
	return described(ctx, c, sqliteIndexes, postgresIndexes, table, func(x *storedIndex) []any {
		return []any{&x.name, &x.columns, &x.where, &x.unique, &x.valid}
	})
}

// checkOtherIndexes checks that the table has the indexes that Setup makes, as it makes
// them, and no unique one that refuses users or counts.
func (c *checkup) checkOtherIndexes(ctx context.Context, table string, columns []column) error {
	stored, err := c.indexesOf(ctx, table)
	if err != nil {
		return err
	}
	for _, x := range stored {
		if x.unique && x.refuses(columns) {
			c.add(CodeUnique, fmt.Sprintf("The index %s of the table %s is unique on (%s): rows that must be stored are refused.", x.name, table, x.columns),
				"Drop the index or its constraint. If it is one of SchemaSQL, make it again as there.")
		}
	}
	for _, want := range indexes {
		if c.st.prefix+want.table == table {
			c.checkIndex(want, stored)
		}
	}
	return nil
}

// refuses reports whether the index, which is unique, refuses rows: all its columns are of
// this package, and the primary key isn't one of them.
func (x storedIndex) refuses(columns []column) bool {
	for part := range strings.SplitSeq(x.columns, ", ") {
		name, _, _ := strings.Cut(part, " ")
		if i := slices.IndexFunc(columns, func(c column) bool { return c.name == name }); i < 0 || columns[i].primary {
			return false
		}
	}
	return true
}

// checkIndex looks for an index among those of its table, and compares it.
func (c *checkup) checkIndex(want index, stored []storedIndex) {
	name, create := c.st.prefix+want.name, want.create(c.st.prefix)
	i := slices.IndexFunc(stored, func(x storedIndex) bool { return x.name == name })
	if i < 0 {
		c.add(CodeIndex, fmt.Sprintf("The index %s doesn't exist: %s read the whole table.", name, want.without), "Make the index as in SchemaSQL: "+create)
		return
	}
	if wrong := stored[i].unlike(want); wrong != "" {
		c.add(CodeIndex, fmt.Sprintf("The index %s %s: %s may read the whole table.", name, wrong, want.without),
			fmt.Sprintf("Make the index again as in SchemaSQL: DROP INDEX %s; %s", name, create))
	}
}

// unlike says in what x differs from an index that Setup makes; "" if it doesn't. Its
// condition may have values, so the text leaves it out.
func (x storedIndex) unlike(want index) string {
	switch {
	case !x.valid:
		return "isn't valid, because it was not made to the end (CREATE INDEX CONCURRENTLY)"
	case x.columns != want.columns:
		return fmt.Sprintf("is on (%s) instead of (%s)", x.columns, want.columns)
	case bare(x.where) == bare(want.where):
		return ""
	case want.where == "":
		return "has only a part of the rows"
	case x.where == "":
		return fmt.Sprintf("has all rows instead of those WHERE %s", want.where)
	}
	return fmt.Sprintf("has other rows than those WHERE %s", want.where)
}

// bare returns a condition without spaces, parentheses and letter case.
func bare(condition string) string {
	return strings.ToLower(strings.NewReplacer("(", "", ")", "", " ", "", "\t", "", "\n", "", "\r", "").Replace(condition))
}
