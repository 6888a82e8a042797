package sqltest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// extremeNames are long, have the highest characters, or are read as SQL by a careless
// program. Two differ only after what the index has.
var extremeNames = []string{
	"", "Ada", strings.Repeat("a", 60), strings.Repeat("a", 61), strings.Repeat("a", 60) + "b", strings.Repeat("A", 59) + "z",
	strings.Repeat("\u20ac", 1024), strings.Repeat("\u20ac", 1023), tooLong, strings.Repeat("\U0001f600", 512),
	"\U0010ffff", "\U0010ffffa", "\U0010fffe", "\U0010fffd", "\ud7ff", "\ue000", "\uffff",
	"'; DROP TABLE signup_users; --", `"`, "%", "_%", `\`, "$1", "?1", "a' OR 'a' = 'a", "a\x01",
}

// tooLong comes last in the order of names, and needn't be found by its beginning.
var tooLong = strings.Repeat("\u20ad", 1025)

func extremeUsers() []signup.User {
	var users []signup.User
	for i, name := range extremeNames {
		u := signup.User{
			ID: "id-" + name, Email: fmt.Sprintf("%s%d@example.org", name, i), FirstName: extremeNames[(i+5)%len(extremeNames)], LastName: name,
			PasswordHash: "correct horse", CreatedAt: time.UnixMilli(int64(i % 4)).UTC(), UpdatedAt: time.UnixMilli(0).UTC(), Active: true,
		}
		u.SetKey(fmt.Sprintf("%s%d", strings.Repeat("k", 1900), i), "")
		users = append(users, u)
		u.ID, u.LastName = "other-"+name, extremeNames[(i+1)%len(extremeNames)]
		u.SetKey(strings.ToLower(u.Email), "")
		if len(u.Key()) <= 2000 {
			users = append(users, u)
		}
	}
	decomposed := signup.User{ID: "decomposed", Email: "E\u0301lan@example.org", CreatedAt: time.UnixMilli(0), UpdatedAt: time.UnixMilli(0)}
	decomposed.SetKey("e\u0301lan@example.org", "")
	control := signup.User{ID: "control", Email: "z@example.org", CreatedAt: time.UnixMilli(1), UpdatedAt: time.UnixMilli(0)}
	control.SetKey("z\x01", "")
	return append(users, decomposed, control)
}

// sameAs checks that both stores list the same users for q.
func sameAs(t *testing.T, s, model signup.Searcher, q signup.Query) {
	t.Helper()
	list := func(s signup.Searcher) (keys []string) {
		for u, err := range s.Search(t.Context(), q) {
			if err != nil {
				t.Fatalf("Search of %+v: got the error %v, want nil", q, err)
			}
			keys = append(keys, u.Key())
		}
		return keys
	}
	if got, want := list(s), list(model); !slices.Equal(got, want) {
		t.Errorf("Search of %+v: got the keys %+.40q, want %+.40q as in memory", q, got, want)
	}
}

// Users with extreme names and addresses are stored, found and ordered as in memory.
func TestSearchExtremes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s, model := setUp(t, d.DB, d.options), memstore.New()
		users := extremeUsers()
		for _, u := range users {
			for _, store := range []signup.Store{s, model} {
				v := u
				if err := store.Create(t.Context(), &v); err != nil {
					t.Fatalf("Create of a user with the name %+.50q: got the error %v, want nil", u.LastName, err)
				}
			}
		}
		other := 0 // users whose address in lower case is not their key
		if err := d.QueryRow("SELECT count(email_lower) FROM " + d.prefix() + "users").Scan(&other); err != nil || other == 0 || other >= len(users) {
			t.Errorf("got %d values in email_lower and the error %v, want one for some of %d users, and nil", other, err, len(users))
		}
		places := []signup.Position{
			{}, {Key: "k\x00", LastName: "ada\x00", FirstName: "a", CreatedAt: time.UnixMilli(1)}, {Key: "\x00", LastName: "ada", FirstName: "\x00"},
			{Key: "z\x00", CreatedAt: time.UnixMilli(1), LastName: "a\x00"}, {Key: "z\x00", CreatedAt: time.UnixMilli(1)}, {Key: "z\x01\x00z"},
			{Key: "z", CreatedAt: time.UnixMilli(1).Add(1)}, {CreatedAt: time.UnixMilli(2)}, {LastName: "\U0010ffff", Key: "a"},
		}
		for _, sort := range []signup.Sort{signup.SortByCreation, signup.SortByEmail, signup.SortByName} {
			for _, descending := range []bool{false, true} {
				q := signup.Query{Sort: sort, Descending: descending}
				for _, u := range users {
					places = append(places, q.PositionOf(u))
				}
				for _, q.After = range places {
					sameAs(t, s, model, q)
				}
			}
		}
		for _, text := range append(extremeNames, "a\x00", "\x00", "id-", "\U0010ffff\U0010ffff", "\u00c9", strings.Repeat("k", 250)) {
			sameAs(t, s, model, signup.Query{IDs: []string{"id-" + text, "\x00"}})
			if runes := []rune(text); len(runes) > 250 {
				text = string(runes[:250])
			}
			sameAs(t, s, model, signup.Query{EmailPrefix: text})
			if strings.HasPrefix(tooLong, text) {
				continue
			}
			sameAs(t, s, model, signup.Query{NamePrefix: text})
			sameAs(t, s, model, signup.Query{NamePrefix: text, Sort: signup.SortByName, Limit: 3})
		}
	})
}
