package storetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/gosignup/signup"
)

var searchSortNames = map[signup.Sort]string{
	signup.SortByCreation: "SortByCreation", signup.SortByEmail: "SortByEmail", signup.SortByName: "SortByName",
}

// describe returns q for the text of a failure.
func describe(q signup.Query) string {
	text := searchSortNames[q.Sort]
	add := func(format string, args ...any) { text += ", " + fmt.Sprintf(format, args...) }
	if q.Descending {
		add("Descending")
	}
	if q.EmailPrefix != "" {
		add("EmailPrefix %+q", q.EmailPrefix)
	}
	if q.NamePrefix != "" {
		add("NamePrefix %+q", q.NamePrefix)
	}
	if len(q.IDs) > 0 {
		add("%d IDs", len(q.IDs))
	}
	if !q.CreatedFrom.IsZero() || !q.CreatedBefore.IsZero() {
		add("from %v before %v", q.CreatedFrom.UTC(), q.CreatedBefore.UTC())
	}
	if q.Active != nil {
		add("Active %t", *q.Active)
	}
	if q.EmailVerified != nil {
		add("EmailVerified %t", *q.EmailVerified)
	}
	if !q.After.IsZero() {
		add("After %+q", q.After.Key)
	}
	if q.Limit > 0 {
		add("Limit %d", q.Limit)
	}
	return "Search(" + text + ")"
}

// list returns what q lists.
func (l *listed) list(ctx context.Context, q signup.Query) ([]signup.User, error) {
	var users []signup.User
	for u, err := range l.store.Search(ctx, q) {
		if err != nil {
			return nil, fmt.Errorf("%s: got the error %w, want nil", describe(q), err)
		}
		users = append(users, u)
	}
	return users, nil
}

// lists checks that q lists what it should, without prefixes.
func (l *listed) lists(ctx context.Context, q signup.Query) error {
	return l.listsForms(ctx, q, searchText{}, searchText{})
}

// listsForms checks that q lists what it should. email and name are the forms of its
// prefixes.
func (l *listed) listsForms(ctx context.Context, q signup.Query, email, name searchText) error {
	q.EmailPrefix, q.NamePrefix = email.given, name.given
	got, err := l.list(ctx, q)
	if err != nil {
		return err
	}
	return sameKeys(describe(q), got, l.want(q, email, name))
}

// sameKeys compares the keys of users in their order.
func sameKeys(what string, got, want []signup.User) error {
	g, w := keys(got), keys(want)
	if slices.Equal(g, w) {
		return nil
	}
	i := 0
	for i < min(len(g), len(w)) && g[i] == w[i] {
		i++
	}
	return fmt.Errorf("%s: got %d users, want %d; from number %d on got %+q, want %+q", what, len(g), len(w), i+1,
		g[i:min(i+3, len(g))], w[i:min(i+3, len(w))])
}

func keys(users []signup.User) []string {
	texts := make([]string, len(users))
	for i, u := range users {
		texts[i] = u.Key()
	}
	return texts
}

// orders are all orders.
func orders() (all []signup.Query) {
	for _, sort := range []signup.Sort{signup.SortByCreation, signup.SortByEmail, signup.SortByName} {
		all = append(all, signup.Query{Sort: sort}, signup.Query{Sort: sort, Descending: true})
	}
	return all
}
