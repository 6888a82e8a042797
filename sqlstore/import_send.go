package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gosignup/signup"
)

// attempt sends the items once, and settles those whose outcome is known then. It returns
// why the others, if there are any, aren't settled.
func (b *importBatch) attempt(ctx context.Context, items []*importItem) *failure {
	created, f := b.insert(ctx, items)
	if f != nil {
		return f
	}
	for _, it := range items {
		if created[it.version] {
			it.settle(nil)
		}
	}
	held := unsettled(items)
	if len(held) == 0 {
		return nil
	}
	holders, f := b.holders(ctx, held)
	if f != nil {
		return f.asRead()
	}
	if f := b.confirm(ctx, own(held, holders)); f != nil {
		return f
	}
	for _, it := range unsettled(held) {
		switch h := holders[it.key]; h.id {
		case "": // it was deleted since
		case it.User.ID:
			it.Present = true
			it.settle(nil)
		default:
			it.settle(errHeld)
		}
	}
	return &failure{op: "import", kind: contended, err: errMoved}
}

var errHeld = fmt.Errorf("sqlstore: import: %w", signup.ErrExists)

// insert inserts the rows whose keys aren't held. It returns their versions. The rows are
// in the order of their keys, so that two imports don't wait for each other.
func (b *importBatch) insert(ctx context.Context, items []*importItem) (map[string]bool, *failure) {
	columns := insertColumns()
	items = slices.SortedStableFunc(slices.Values(items), func(a, b *importItem) int {
		return strings.Compare(a.key, b.key)
	})
	rows := make([]string, len(items))
	args := make([]any, 0, len(items)*len(columns))
	for i, it := range items {
		rows[i] = b.st.list(len(args)+1, len(columns))
		args = append(args, it.row...)
	}
	release, err := b.alone(ctx, b.st)
	if err != nil {
		return nil, newFailure("import", b.st.dialect, err)
	}
	defer release()
	created := make(map[string]bool, len(items))
	f := b.eachRow(ctx, fmt.Sprintf("INSERT INTO %susers (%s) VALUES %s ON CONFLICT (key) DO NOTHING RETURNING version",
		b.st.prefix, strings.Join(columns, ", "), strings.Join(rows, ", ")), args, func(scan func(...any) error) error {
		var version string
		err := scan(&version)
		created[version] = true
		return err
	})
	return created, f
}

// A holder is the user that holds a key.
type holder struct{ id, version string }

// holders reads the holders of the keys of the items, by their keys.
func (b *importBatch) holders(ctx context.Context, items []*importItem) (map[string]holder, *failure) {
	args := make([]any, len(items))
	for i, it := range items {
		args[i] = it.key
	}
	holders := make(map[string]holder, len(items))
	f := b.eachRow(ctx, fmt.Sprintf("SELECT key, id, version FROM %susers WHERE key IN %s",
		b.st.prefix, b.st.list(1, len(args))), args, func(scan func(...any) error) error {
		var key string
		var h holder
		err := scan(&key, &h.id, &h.version)
		holders[key] = h
		return err
	})
	return holders, f
}

// own returns the items that the import itself has stored.
func own(items []*importItem, holders map[string]holder) (own []*importItem) {
	for _, it := range items {
		if holders[it.key].version == it.version {
			own = append(own, it)
		}
	}
	return own
}

// confirm writes rows once more that the import has stored, and settles them; write.confirm
// says why. If that isn't possible for all, they are read again.
func (b *importBatch) confirm(ctx context.Context, items []*importItem) *failure {
	if len(items) == 0 {
		return nil
	}
	var args []any
	for _, it := range items {
		args = append(args, it.key)
	}
	for _, it := range items {
		args = append(args, it.version)
	}
	n, f := b.exec(ctx, b.st, "import", fmt.Sprintf("UPDATE %susers SET version = version WHERE key IN %s AND version IN %s",
		b.st.prefix, b.st.list(1, len(items)), b.st.list(len(items)+1, len(items))), args...)
	if f == nil && n != int64(len(items)) {
		f = &failure{op: "import", err: errMoved}
	}
	if f != nil {
		f.kind = open
		return f
	}
	for _, it := range items {
		it.settle(nil)
	}
	return nil
}

// eachRow calls f for each row of a statement, and reads to the end: the commit, which may
// fail, comes after the rows.
func (b *importBatch) eachRow(ctx context.Context, query string, args []any, f func(scan func(...any) error) error) *failure {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return newFailure("import", b.st.dialect, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return newFailure("import", b.st.dialect, err)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return newFailure("import", b.st.dialect, err)
	}
	return nil
}

// list returns a list of n parameters, from number first. In SQLite, $1 is a name. To look
// thousands of names up takes long, so the parameters have none there.
func (st *statements) list(first, n int) string {
	if st.dialect == SQLite {
		return "(?" + strings.Repeat(", ?", n-1) + ")"
	}
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", first+i)
	}
	return "(" + strings.Join(list, ", ") + ")"
}
