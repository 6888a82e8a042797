package sqlstore

import (
	"context"
	"fmt"
	"iter"

	"github.com/gosignup/signup"
)

var _ signup.Searcher = (*Store)(nil)

// searchedPage is how many users a statement of a Search reads at most.
const searchedPage = 1000

// Search implements [signup.Searcher]. It finds each write at once. A statement reads up to
// 1,000 users, which are then listed while no connection is in use and no transaction open:
// the loop may call methods of the Store, also if the database has one connection. Of a
// user that is changed during the listing, it may list either state, both or none.
//
// A statement that fails because of others at the same time, or because the connection
// breaks, is repeated for up to five seconds.
func (s *Store) Search(ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		if err := q.Check(); err != nil {
			yield(signup.User{}, err)
			return
		}
		l := &listing{Store: s, q: q, left: q.Limit}
		for {
			page, err := l.next(ctx)
			if err != nil {
				yield(signup.User{}, err)
				return
			}
			for _, u := range page {
				if err := ctx.Err(); err != nil {
					yield(signup.User{}, fmt.Errorf("sqlstore: search: %w", err))
					return
				}
				if !yield(u, nil) {
					return
				}
			}
			if l.done {
				return
			}
		}
	}
}

// A listing is a Search under way.
type listing struct {
	*Store
	q          signup.Query
	conditions *conditions // nil before the first page
	place      []any       // of the last user of the page before; nil if there is none
	left       int         // how many users may follow; without meaning if q.Limit is 0
	done       bool        // no page follows
}

// next returns the next page.
func (l *listing) next(ctx context.Context) (page []signup.User, err error) {
	n := searchedPage
	if l.q.Limit > 0 {
		n = min(n, l.left)
	}
	var place []any
	err = reading{"search", settleTimeout, false}.repeat(ctx, func() (err error) {
		page, place, err = l.read(ctx, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	l.place = place
	l.left -= len(page)
	l.done = len(page) < n || l.q.Limit > 0 && l.left == 0
	return page, nil
}

// read reads up to n users, and returns the place of the last one.
func (l *listing) read(ctx context.Context, n int) (page []signup.User, place []any, err error) {
	st, f := l.ready(ctx, "search")
	if f != nil {
		return nil, nil, f
	}
	if l.conditions == nil {
		l.conditions, l.place = newConditions(st.dialect, l.q), placeOf(st.dialect, l.q)
	}
	query, args := st.page(*l.conditions, l.q, l.place, n)
	rows, err := l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, newFailure("search", st.dialect, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r listedRow
		if err := rows.Scan(r.columns(l.q.Sort)...); err != nil {
			return nil, nil, newFailure("search", st.dialect, err)
		}
		u, err := r.finish()
		if err != nil {
			return nil, nil, &failure{op: "search", err: err}
		}
		page, place = append(page, u), r.place(st.dialect, l.q.Sort)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, newFailure("search", st.dialect, err)
	}
	return page, place, nil
}

// A listedRow is a row of listedColumns.
type listedRow struct {
	row
	last, first string // as they are kept, if the listing is by name
}

// columns returns what a row is scanned into.
func (r *listedRow) columns(sort signup.Sort) []any {
	to := r.targets(listedColumns)
	if sort == signup.SortByName {
		to = append(to, &r.last, &r.first)
	}
	return to
}

// place returns the values of the columns that users are ordered by. Those of names are
// what is kept, whatever the names are: so a listing ends in any case.
func (r *listedRow) place(d Dialect, sort signup.Sort) []any {
	switch sort {
	case signup.SortByEmail:
		return []any{r.key}
	case signup.SortByName:
		return []any{r.last, r.first, r.key}
	}
	return []any{stamp(d, r.user.CreatedAt), r.key}
}
