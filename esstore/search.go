package esstore

import (
	"cmp"
	"context"
	"iter"
	"math"

	"github.com/gosignup/signup"
)

// Search implements [signup.Searcher]. It is SearchText without the conditions that only
// this package has.
//
// Elasticsearch has its own table of lower case, which lacks some forty letters that Unicode
// added late (Vithkuqi and Garay, for example). With these, a prefix in another letter case
// may not match, and a listing by name that continues after a Position may repeat or miss
// users.
func (s *Store) Search(ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
	return s.SearchText(ctx, Query{Query: q})
}

// SearchText lists the users that match q, as [signup.Searcher] promises of Search. No
// request is sent before the sequence is ranged over, and none at all if q isn't valid or
// ctx is already done.
//
// The users have no PasswordHash, SecurityStamp, Private or Version: none of these
// is fetched. Update and Delete refuse these users with ErrConflict, so that no hash
// is lost by mistake. To change a user, Get it by its Key.
//
// A listing has the state of the moment at which it begins: it doesn't see changes
// that are made meanwhile, and a deleted user may still be listed. It uses a point
// in time of Elasticsearch, which is kept for a minute after each page and closed
// when the loop ends; for that, it may return up to two seconds after ctx is done,
// and twice that if Elasticsearch doesn't respond. If the loop takes longer for a page,
// or if the index is replaced, the point in time is lost. The listing then continues
// with a new one after the last user that was listed. It repeats and misses no user,
// except for users that were changed so that their place in the order is another. The
// same holds for a listing that continues after another one with q.After.
//
// A write is found about a second after it returned, or as the operator has set
// index.refresh_interval. Get sees it at once. If the index wasn't searched for half
// a minute, SearchText first waits for a refresh. To find what was written just now,
// call Refresh first.
//
// SearchText needs an index with this version's schema: see [Store.Setup]. If searches
// would miss users, because of the mapping or a setting of the index, or a filter or
// routing of the alias, it returns an error. It looks for that once for each Store.
func (s *Store) SearchText(ctx context.Context, q Query) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		if err := s.list(ctx, q, yield); err != nil {
			yield(signup.User{}, err)
		}
	}
}

// Refresh makes everything that was acknowledged before it visible to each Search and
// SearchText that begins after it. It costs Elasticsearch some work: don't call it after each
// write.
func (s *Store) Refresh(ctx context.Context) error {
	return s.refresh(ctx, "refresh", s.alias)
}

// list yields the users that match q, until yield returns false.
func (s *Store) list(ctx context.Context, q Query, yield func(signup.User, error) bool) error {
	if err := q.Check(); err != nil {
		return err
	}
	if err := s.checkSearchable(ctx); err != nil {
		return err
	}
	l := listing{
		Store: s, op: "search", query: q.body(),
		fields: len(sortFields[q.Sort]), size: cmp.Or(q.PageSize, defaultPageSize),
	}
	defer l.close(ctx)
	for left := cmp.Or(q.Limit, math.MaxInt); left > 0; {
		l.size = min(l.size, left)
		hits, err := l.next(ctx)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if ctx.Err() != nil {
				return &Error{Op: "search", err: ctx.Err(), unsent: true}
			}
			d, err := l.document(h)
			if err != nil {
				return err
			}
			if !yield(d.user(), nil) {
				return nil
			}
		}
		if len(hits) < l.size {
			return nil
		}
		left -= len(hits)
	}
	return nil
}
