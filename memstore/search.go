package memstore

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/gosignup/signup"
)

// Search implements [signup.Searcher]. It finds each write at once, and compares q with
// all users. A listing has the state of the moment at which it begins.
func (s *Store) Search(ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		if err := q.Check(); err != nil {
			yield(signup.User{}, err)
			return
		}
		if err := ctx.Err(); err != nil {
			yield(signup.User{}, err)
			return
		}
		for _, f := range s.find(q) {
			if err := ctx.Err(); err != nil {
				yield(signup.User{}, err)
				return
			}
			u := *f.user
			u.Profile = maps.Clone(u.Profile)
			u.PasswordHash, u.SecurityStamp, u.Private, u.Version = "", "", "", ""
			if !yield(u, nil) {
				return
			}
		}
	}
}

// A found is a user that matches a query. A stored user is never changed, only replaced.
type found struct {
	user *signup.User
	at   signup.Position
}

// find returns the users that q lists, in its order.
func (s *Store) find(q signup.Query) []found {
	s.mu.RLock()
	users := slices.Collect(maps.Values(s.users))
	s.mu.RUnlock()
	var all []found
	matches := q.Matcher()
	for _, u := range users {
		if !matches(*u) {
			continue
		}
		at := q.PositionOf(*u)
		if q.After.IsZero() || q.Compare(at, q.After) > 0 {
			all = append(all, found{u, at})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return q.Compare(a.at, b.at) })
	if q.Limit > 0 && len(all) > q.Limit {
		all = all[:q.Limit]
	}
	return all
}
