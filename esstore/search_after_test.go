package esstore_test

import (
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

var positioned = signup.Position{
	CreatedAt: time.Date(2014, time.December, 6, 22, 55, 0, 123e6, time.UTC),
	LastName:  "lovelace", FirstName: `a"da`, Key: "ada@example.org",
}

// A listing that continues after a position begins with its values in the order, in either
// direction. null is the value of an empty name.
func TestSearchAfter(t *testing.T) {
	named := func(last, first string) signup.Position {
		return signup.Position{LastName: last, FirstName: first, Key: "ada@example.org"}
	}
	for _, c := range []struct {
		sort  signup.Sort
		after signup.Position
		want  string
	}{
		{signup.SortByCreation, positioned, `[1417906500123,"ada@example.org"]`},
		{signup.SortByCreation, signup.Position{CreatedAt: time.Unix(-1, 999e6), Key: "k"}, `[-1,"k"]`},
		{signup.SortByCreation, signup.Position{Key: "k"}, `[-62135596800000,"k"]`}, // the zero time
		{signup.SortByEmail, positioned, `["ada@example.org"]`},
		{signup.SortByName, positioned, `["lovelace","a\"da","ada@example.org"]`},
		{signup.SortByName, named("", "ada"), `[null,"ada","ada@example.org"]`},
		{signup.SortByName, named("lovelace", ""), `["lovelace",null,"ada@example.org"]`},
		{signup.SortByName, named("", ""), `[null,null,"ada@example.org"]`},
	} {
		for _, descending := range []bool{false, true} {
			f := newFake(t, setUp, opened("A"), listed("A"), closed)
			wantList(t, f.store().Search(t.Context(), signup.Query{Sort: c.sort, Descending: descending, After: c.after}))
			if b := searched(t, f.calls[2]); string(b.After) != c.want || b.Size != 1000 {
				t.Errorf("sort %d: got %d users after %s, want 1000 after %s", c.sort, b.Size, b.After, c.want)
			}
		}
	}
}

// The first page begins after the position, and the following ones after the last user,
// also if the point in time is lost before any of them.
func TestSearchAfterGoesOn(t *testing.T) {
	f := newFake(t, setUp, opened("A"), expired, closed, opened("B"), listed("B", 1, 2), removed, closed,
		opened("C"), listed("C", 3, 4), listed("D", 5), closed)
	q := esstore.Query{Query: signup.Query{After: positioned}, PageSize: 2}
	wantList(t, f.store().SearchText(t.Context(), q), 1, 2, 3, 4, 5)
	const first = `[1417906500123,"ada@example.org"]`
	for i, want := range map[int]struct{ pit, after string }{
		2: {"A", first}, 5: {"B", first}, 6: {"B", after(2)}, 9: {"C", after(2)}, 10: {"C", after(4)},
	} {
		if b := searched(t, f.calls[i]); b.PIT.ID != want.pit || string(b.After) != want.after {
			t.Errorf("request %d: got %s after %s, want %s after %s", i, b.PIT.ID, b.After, want.pit, want.after)
		}
	}
	wantClosed(t, f.calls[11], "D")
}

// A listing ends after Limit users. No request asks for more users than are still wanted.
func TestSearchLimit(t *testing.T) {
	type pages [][]int // the users of each
	for name, c := range map[string]struct {
		query esstore.Query
		pages pages
		sizes []int
		want  []int
	}{
		"less than a page":    {esstore.Query{Query: signup.Query{Limit: 2}}, pages{{1, 2}}, []int{2}, []int{1, 2}},
		"a page":              {esstore.Query{Query: signup.Query{Limit: 2}, PageSize: 2}, pages{{1, 2}}, []int{2}, []int{1, 2}},
		"several pages":       {esstore.Query{Query: signup.Query{Limit: 5}, PageSize: 2}, pages{{1, 2}, {3, 4}, {5}}, []int{2, 2, 1}, []int{1, 2, 3, 4, 5}},
		"whole pages":         {esstore.Query{Query: signup.Query{Limit: 4}, PageSize: 2}, pages{{1, 2}, {3, 4}}, []int{2, 2}, []int{1, 2, 3, 4}},
		"more than there are": {esstore.Query{Query: signup.Query{Limit: 9}, PageSize: 2}, pages{{1, 2}, {3}}, []int{2, 2}, []int{1, 2, 3}},
		"beyond the default":  {esstore.Query{Query: signup.Query{Limit: 5000}}, pages{{1}}, []int{1000}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, setUp, opened("A"))
			for _, users := range c.pages {
				f.then(listed("A", users...))
			}
			f.then(closed)
			wantList(t, f.store().SearchText(t.Context(), c.query), c.want...)
			for i, want := range c.sizes {
				if b := searched(t, f.calls[2+i]); b.Size != want {
					t.Errorf("page %d: got a request for %d users, want %d", i+1, b.Size, want)
				}
			}
			wantClosed(t, f.calls[2+len(c.sizes)], "A")
		})
	}
}
