package sqltest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// wantOnce checks that each of n users of fill is listed once. In the loop it calls at, with
// the number of the user.
func wantOnce(t *testing.T, s *sqlstore.Store, q signup.Query, n int, at func(i int)) {
	t.Helper()
	times := map[string]int{}
	i := 0
	for u, err := range s.Search(t.Context(), q) {
		if err != nil {
			t.Fatalf("Search, after %d users: got the error %v, want nil", i, err)
		}
		times[u.ID]++
		at(i)
		i++
	}
	for i := 1; i <= n; i++ {
		if id := fmt.Sprint("id-", i); times[id] != 1 {
			t.Fatalf("got the user %s %d times, want once", id, times[id])
		}
	}
}

// Users come, go and change during a listing of several statements, in a database with one
// connection. Each user that stays is listed once.
func TestSearchDuringChanges(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := setUp(t, d.DB, d.options)
		const n = 2500
		fill(t, d, n)
		d.SetMaxOpenConns(1)
		for _, sort := range []signup.Sort{signup.SortByCreation, signup.SortByEmail, signup.SortByName} {
			var moved []signup.User
			wantOnce(t, s, signup.Query{Sort: sort}, n, func(i int) {
				if i%20 > 0 {
					return
				}
				for j := range moved[:min(len(moved), 3)] {
					u := &moved[len(moved)-1-j]
					if u.LastName = fmt.Sprint("last", i*31); j == 2 {
						u.LastName = ""
					}
					if err := s.Update(t.Context(), u); err != nil {
						t.Fatal(err)
					}
				}
				u := signup.User{ID: "come", Email: fmt.Sprintf("%c%d-%d@example.org", 'a'+i%26, i, sort), LastName: fmt.Sprint("last", i)}
				if err := s.Create(t.Context(), &u); err != nil {
					t.Fatal(err)
				}
				moved = append(moved, u)
			})
			for _, u := range moved {
				if err := s.Delete(t.Context(), u); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A connection breaks before each page but the first. When the server is gone, the error is
// ErrBusy.
func TestSearchConnectionBreaks(t *testing.T) {
	p, url := newProxy(t)
	direct := openPostgreSQL(t)
	o := newPrefix(t, direct)
	s := setUp(t, openPool(t, url), o)
	const n = 2500
	fill(t, database{DB: direct, options: o}, n)
	wantOnce(t, s, signup.Query{}, n, func(i int) {
		if i%1000 == 999 {
			p.cut.Store("before")
		}
	})
	if got := p.cuts.Load(); got != 2 {
		t.Errorf("got %d broken connections, want 2", got)
	}
	i := 0
	var err error
	for _, err = range s.Search(t.Context(), signup.Query{}) {
		if i++; i == 1000 {
			p.close()
		}
	}
	if i != 1001 || !errors.Is(err, signup.ErrBusy) {
		t.Errorf("Search of a server that is gone after 1000 users: got %d results, the last one with the error %v; want 1001 and ErrBusy", i, err)
	}
}

// The context ends in the middle of a page, or before the next one.
func TestSearchContextEnds(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := setUp(t, d.DB, d.options)
		fill(t, d, 1500)
		for _, after := range []int{10, 1000} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			i := 0
			var err error
			for _, err = range s.Search(ctx, signup.Query{}) {
				if i++; i == after {
					cancel()
				}
			}
			if i != after+1 || !errors.Is(err, context.Canceled) {
				t.Errorf("the context ends after %d users: got %d results, the last one with the error %v; want %d and Canceled", after, i, err, after+1)
			}
		}
	})
}
