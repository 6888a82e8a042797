package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

func searchInvalid(ctx context.Context, l *listed) error {
	for _, q := range []signup.Query{
		{Sort: -1}, {Sort: 3}, {Limit: -1}, {EmailPrefix: "\xff"}, {NamePrefix: "a\xc3"}, {IDs: []string{"\xff"}},
		{EmailPrefix: strings.Repeat("a", 251)}, {NamePrefix: strings.Repeat("a", 251)}, {IDs: make([]string, 1001)},
		{NamePrefix: strings.Repeat("\uac01", 250)}, {CreatedFrom: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{After: signup.Position{Key: "\xff"}},
	} {
		n := 0
		var err error
		for _, err = range l.store.Search(ctx, q) {
			n++
		}
		if n != 1 || !errors.Is(err, signup.ErrInvalid) {
			return fmt.Errorf("%s: got %d results, the last one with the error %v; want only an error that is ErrInvalid", describe(q), n, err)
		}
	}
	return nil
}

func searchDone(ctx context.Context, l *listed) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	for _, q := range []signup.Query{{}, {IDs: []string{"no user's"}}} {
		n := 0
		var err error
		for _, err = range l.store.Search(ctx, q) {
			n++
		}
		if n != 1 || !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s: got %d results, the last one with the error %v; want only context.Canceled", describe(q), n, err)
		}
	}
	return nil
}

func searchBreak(ctx context.Context, l *listed) error {
	q := signup.Query{Sort: signup.SortByEmail}
	users := l.store.Search(ctx, q)
	for range 2 {
		var got []signup.User
		for u, err := range users {
			if err != nil {
				return fmt.Errorf("got the error %w, want nil", err)
			}
			if got = append(got, u); len(got) == 3 {
				break
			}
		}
		if err := sameKeys("the first three users", got, l.want(q, searchText{}, searchText{})[:3]); err != nil {
			return err
		}
	}
	return nil
}

func searchThenUpdate(ctx context.Context, l *listed) error {
	got, err := l.list(ctx, signup.Query{Limit: 1})
	if err != nil || len(got) != 1 {
		return fmt.Errorf("got %d users and the error %v, want one user", len(got), err)
	}
	u := copyOf(got[0])
	if err := l.store.Update(ctx, &u); !errors.Is(err, signup.ErrConflict) {
		return fmt.Errorf("Update of a listed user: got the error %v, want ErrConflict", err)
	}
	if err := l.store.Delete(ctx, got[0]); !errors.Is(err, signup.ErrConflict) {
		return fmt.Errorf("Delete of a listed user: got the error %v, want ErrConflict", err)
	}
	return nil
}

// searchChanges changes each tenth user, deletes others, and changes the slice alike.
func searchChanges(ctx context.Context, l *listed) error {
	for i := range l.users {
		u := &l.users[i]
		switch i % 10 {
		case 2:
			u.FirstName, u.LastName, u.Email = "Changed", "", strings.ToUpper(u.Email)
			u.Active, u.CreatedAt = !u.Active, u.CreatedAt.Add(time.Second)
			u.EmailVerifiedAt = time.Time{}
		case 7:
			u.Placeholder = false
		case 9:
			u.Placeholder = true
		default:
			continue
		}
		if err := updates(ctx, l.store, u); err != nil {
			return err
		}
	}
	for i := 4; i < len(l.users); i += 10 {
		if err := removes(ctx, l.store, l.users[i]); err != nil {
			return err
		}
		l.users[i].Placeholder = true // as good as removed
	}
	if err := l.refresh(ctx); err != nil {
		return fmt.Errorf("Refresh: got the error %w, want nil", err)
	}
	for _, q := range orders() {
		for _, name := range []searchText{{}, plainText("changed"), plainText("ada")} {
			if err := l.listsForms(ctx, q, searchText{}, name); err != nil {
				return err
			}
		}
	}
	return l.listsForms(ctx, signup.Query{Active: new(true)}, plainText("ADA"), searchText{})
}
