package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A wrongSearcher is memstore, except that it changes each query, or what is listed.
type wrongSearcher struct {
	*memstore.Store
	query func(*signup.Query)
	list  func(signup.Query, []signup.User) []signup.User
	whole func(s *memstore.Store, ctx context.Context, q signup.Query) iter.Seq2[signup.User, error]
}

func (w wrongSearcher) Search(ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
	if w.whole != nil {
		return w.whole(w.Store, ctx, q)
	}
	asked := q
	if w.query != nil {
		w.query(&q)
	}
	return func(yield func(signup.User, error) bool) {
		var users []signup.User
		for u, err := range w.Store.Search(ctx, q) {
			if err != nil {
				yield(u, err)
				return
			}
			users = append(users, u)
		}
		if w.list != nil {
			users = w.list(asked, users)
		}
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// each returns a list function that changes each user.
func each(change func(*signup.User)) func(signup.Query, []signup.User) []signup.User {
	return func(_ signup.Query, users []signup.User) []signup.User {
		for i := range users {
			change(&users[i])
		}
		return users
	}
}

// without returns a list function that leaves out the users for which hidden returns true.
func without(hidden func(signup.Query, signup.User) bool) func(signup.Query, []signup.User) []signup.User {
	return func(q signup.Query, users []signup.User) []signup.User {
		return slices.DeleteFunc(users, func(u signup.User) bool { return hidden(q, u) })
	}
}

var wrongSearchers = []struct {
	name   string
	caught []string // at least
	store  wrongSearcher
}{
	{"ignores IDs", []string{"IDs"}, wrongSearcher{query: func(q *signup.Query) { q.IDs = nil }}},
	{"takes no IDs for none", []string{"IDs", "All"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool { return !slices.Contains(q.IDs, u.ID) })}},
	{"ignores Active", []string{"States"}, wrongSearcher{query: func(q *signup.Query) { q.Active = nil }}},
	{"ignores EmailVerified", []string{"States"}, wrongSearcher{query: func(q *signup.Query) { q.EmailVerified = nil }}},
	{"ignores Limit", []string{"Limit", "Pages"}, wrongSearcher{query: func(q *signup.Query) { q.Limit = 0 }}},
	{"ignores After", []string{"Pages", "AfterDeleted"}, wrongSearcher{query: func(q *signup.Query) { q.After = signup.Position{} }}},
	{"ignores Descending", []string{"Sorts"}, wrongSearcher{query: func(q *signup.Query) { q.Descending = false }}},
	{"sorts by creation only", []string{"Sorts"}, wrongSearcher{query: func(q *signup.Query) { q.Sort = signup.SortByCreation }}},
	{"excludes CreatedFrom", []string{"Created"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool { return u.CreatedAt.Equal(q.CreatedFrom) })}},
	{"includes CreatedBefore", []string{"Created"}, wrongSearcher{query: func(q *signup.Query) {
		if !q.CreatedBefore.IsZero() {
			q.CreatedBefore = q.CreatedBefore.Add(time.Millisecond)
		}
	}}},
	{"compares bounds by nanoseconds", []string{"Created"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		return !q.CreatedFrom.IsZero() && u.CreatedAt.Before(q.CreatedFrom)
	})}},
	{"knows case in names", []string{"NamePrefix"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		return !strings.HasPrefix(u.FirstName, q.NamePrefix) && !strings.HasPrefix(u.LastName, q.NamePrefix)
	})}},
	{"has ASCII's letter case", []string{"NamePrefix"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		ascii := func(s string) string {
			return strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					r += 'a' - 'A'
				}
				return r
			}, s)
		}
		return !slices.ContainsFunc(q.NamePrefixes(), func(p string) bool {
			return strings.HasPrefix(ascii(u.FirstName), p) || strings.HasPrefix(ascii(u.LastName), p)
		}) && q.NamePrefix != ""
	})}},
	{"finds names by one form", []string{"NamePrefix"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		p := strings.ToLower(q.NamePrefix)
		return !strings.HasPrefix(strings.ToLower(u.FirstName), p) && !strings.HasPrefix(strings.ToLower(u.LastName), p)
	})}},
	{"finds first names only", []string{"NamePrefix"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		return q.NamePrefix != "" && !slices.ContainsFunc(q.NamePrefixes(), func(p string) bool { return strings.HasPrefix(strings.ToLower(u.FirstName), p) })
	})}},
	{"takes a percent sign for anything", []string{"NamePrefix", "EmailPrefix"}, wrongSearcher{query: func(q *signup.Query) {
		q.NamePrefix, q.EmailPrefix = strings.TrimRight(q.NamePrefix, "%"), strings.TrimRight(q.EmailPrefix, "%")
	}}},
	{"finds addresses by the key only", []string{"EmailPrefix"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		return !strings.HasPrefix(u.Key(), q.KeyPrefix())
	})}},
	{"finds addresses as typed only", []string{"EmailPrefix"}, wrongSearcher{list: without(func(q signup.Query, u signup.User) bool {
		return q.EmailPrefix != "" && !slices.ContainsFunc(q.EmailPrefixes(), func(p string) bool { return strings.HasPrefix(strings.ToLower(u.Email), p) })
	})}},
	{"lists hashes", []string{"NoSecrets"}, wrongSearcher{list: each(func(u *signup.User) { u.PasswordHash = "$2a$04$" })}},
	{"lists Versions", []string{"NoSecrets"}, wrongSearcher{list: each(func(u *signup.User) { u.Version = "1" })}},
	{"lists no profiles", []string{"NoSecrets"}, wrongSearcher{list: each(func(u *signup.User) { u.Profile = nil })}},
	{"lists another time", []string{"NoSecrets"}, wrongSearcher{list: each(func(u *signup.User) { u.UpdatedAt = u.CreatedAt })}},
	{"loses the last user", []string{"All", "Sorts"}, wrongSearcher{list: func(_ signup.Query, users []signup.User) []signup.User { return users[:max(0, len(users)-1)] }}},
	{"lists a user twice", []string{"All"}, wrongSearcher{list: func(_ signup.Query, users []signup.User) []signup.User {
		return append(users, users[:min(1, len(users))]...)
	}}},
	{"has ties in no order", []string{"Sorts", "Pages"}, wrongSearcher{list: func(q signup.Query, users []signup.User) []signup.User {
		slices.SortStableFunc(users, func(a, b signup.User) int {
			if a.CreatedAt.Equal(b.CreatedAt) && q.Sort == signup.SortByCreation {
				return strings.Compare(b.Key(), a.Key())
			}
			return 0
		})
		return users
	}}},
	{"accepts everything", []string{"Invalid"}, wrongSearcher{whole: func(s *memstore.Store, ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
		if q.Check() != nil {
			q = signup.Query{}
		}
		return s.Search(ctx, q)
	}}},
	{"ignores contexts", []string{"DoneContext"}, wrongSearcher{whole: func(s *memstore.Store, _ context.Context, q signup.Query) iter.Seq2[signup.User, error] {
		return s.Search(context.Background(), q)
	}}},
	{"looks at contexts with each user only", []string{"DoneContext"}, wrongSearcher{whole: func(s *memstore.Store, ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
		return func(yield func(signup.User, error) bool) {
			for u, err := range s.Search(context.WithoutCancel(ctx), q) {
				if ctx.Err() != nil {
					yield(signup.User{}, ctx.Err())
					return
				}
				if !yield(u, err) {
					return
				}
			}
		}
	}}},
	{"can be ranged over once", []string{"Break"}, wrongSearcher{whole: func(s *memstore.Store, ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
		used := false
		return func(yield func(signup.User, error) bool) {
			if !used {
				used = true
				s.Search(ctx, q)(yield)
			}
		}
	}}},
	{"lists a former state", []string{"Changes"}, formerSearcher()},
}

// formerSearcher lists the users as they were at its first call.
func formerSearcher() wrongSearcher {
	former := memstore.New()
	filled := false
	return wrongSearcher{whole: func(s *memstore.Store, ctx context.Context, q signup.Query) iter.Seq2[signup.User, error] {
		if !filled {
			filled = true
			for u := range s.All(ctx) {
				_ = former.Create(ctx, &u)
			}
		}
		return former.Search(ctx, q)
	}}
}

// updatable lists users that Update and Delete accept.
type updatable struct{ *memstore.Store }

func (s updatable) Update(ctx context.Context, u *signup.User) error {
	stored, err := s.Get(ctx, u.Key())
	if err != nil || u.Version != "" {
		return errors.Join(err, s.Store.Update(ctx, u))
	}
	u.Version = stored.Version
	return s.Store.Update(ctx, u)
}

// Each wrong searcher is caught by the rules that it breaks.
func TestWrongSearchers(t *testing.T) {
	stores := map[string]SearchStore{"accepts listed users for updates": updatable{memstore.New()}}
	caughtBy := map[string][]string{"accepts listed users for updates": {"NotForUpdates"}}
	for _, w := range wrongSearchers {
		w.store.Store = memstore.New()
		stores[w.name], caughtBy[w.name] = w.store, w.caught
	}
	for name, s := range stores {
		l, err := newListed(t.Context(), s, SearchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_ = searchAll(t.Context(), l) // a first call, as in RunSearch
		for _, r := range searchRules {
			if !slices.Contains(caughtBy[name], r.name) {
				continue
			}
			if r.check(t.Context(), l) == nil {
				t.Errorf("the searcher that %s: got nil from the rule %s, want an error", name, r.name)
			}
			caughtBy[name] = slices.DeleteFunc(caughtBy[name], func(rule string) bool { return rule == r.name })
		}
		if len(caughtBy[name]) > 0 {
			t.Errorf("the searcher that %s: got the rules %q in the test, want ones that exist", name, caughtBy[name])
		}
	}
}
