package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gosignup/signup"
)

// pages checks that pages of q with limit users each have what q lists.
func (l *listed) pages(ctx context.Context, q signup.Query, limit int, want []signup.User) error {
	var all []signup.User
	q.Limit = limit
	for {
		page, err := l.list(ctx, q)
		if err != nil {
			return err
		}
		if len(page) > limit {
			return fmt.Errorf("%s: got %d users, want at most %d", describe(q), len(page), limit)
		}
		if all = append(all, page...); len(page) < limit || len(all) > len(want) {
			break
		}
		if q.After, err = passed(q.PositionOf(page[len(page)-1])); err != nil {
			return err
		}
	}
	return sameKeys(fmt.Sprintf("pages of %d users of %s", limit, describe(q)), all, want)
}

// passed returns p as a page's URL would pass it.
func passed(p signup.Position) (signup.Position, error) {
	text, err := p.MarshalText()
	if err == nil {
		err = p.UnmarshalText(text)
	}
	return p, err
}

func searchPages(ctx context.Context, l *listed) error {
	for _, q := range orders() {
		for _, limit := range []int{1, 7, 54, 108, 1000} {
			if limit == 1 && q.Sort == signup.SortByEmail {
				continue
			}
			if err := l.pages(ctx, q, limit, l.want(q, searchText{}, searchText{})); err != nil {
				return err
			}
		}
	}
	return nil
}

// searchAfterDeleted continues after users that were never stored.
func searchAfterDeleted(ctx context.Context, l *listed) error {
	for _, q := range orders() {
		for _, u := range l.users[:40] {
			u.SetKey(u.Key()+"-gone", u.KeyRule())
			u.Email += "-gone"
			q.After = q.PositionOf(u)
			want := slices.DeleteFunc(l.want(q, searchText{}, searchText{}), func(v signup.User) bool {
				order := comparePlainly(q.Sort, v, u)
				return order == 0 || (order < 0) != q.Descending
			})
			got, err := l.list(ctx, q)
			if err != nil {
				return err
			}
			if err := sameKeys(describe(q), got, want); err != nil {
				return err
			}
		}
	}
	return nil
}

// searchMixed tries 150 queries, the same ones for each store.
func searchMixed(ctx context.Context, l *listed) error {
	r := rand.New(rand.NewPCG(1, 2))
	chance := func(n int) bool { return r.IntN(n) == 0 }
	for range 150 {
		q := orders()[r.IntN(6)]
		var email, name searchText
		if chance(2) {
			email = searchedPrefixes[r.IntN(5)]
		}
		if chance(2) {
			name = searchedPrefixes[r.IntN(len(searchedPrefixes))]
		}
		if chance(3) {
			q.CreatedFrom = l.users[r.IntN(len(l.users))].CreatedAt
		}
		if chance(3) {
			q.CreatedBefore = l.users[r.IntN(len(l.users))].CreatedAt
		}
		if chance(3) {
			q.Active = new(chance(2))
		}
		if chance(3) {
			q.EmailVerified = new(chance(2))
		}
		if chance(4) {
			for range 60 {
				q.IDs = append(q.IDs, l.users[r.IntN(len(l.users))].ID)
			}
		}
		if err := l.listsForms(ctx, q, email, name); err != nil {
			return err
		}
		want := l.want(q, email, name)
		q.EmailPrefix, q.NamePrefix = email.given, name.given
		if err := l.pages(ctx, q, 1+r.IntN(20), want); err != nil {
			return err
		}
	}
	return nil
}
