package sqltest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// The statements of an administrator's screen use an index at 5,000 users, by the choice of
// each database.
func TestSearchPlans(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		setUp(t, d.DB, d.options)
		fill(t, d, 5000)
		place := signup.Position{CreatedAt: time.Unix(2500, 0), Key: "user2500@example.org", LastName: "last5", FirstName: "first1"}
		hundred := make([]string, 100)
		for i := range hundred {
			hundred[i] = fmt.Sprint("id-", i)
		}
		for _, test := range []struct {
			name    string
			q       signup.Query
			indexes []string // without the prefix; "users_pkey" is the primary key's
		}{
			{"first page by creation", signup.Query{Limit: 50}, []string{"users_created"}},
			{"first page of the latest", signup.Query{Limit: 50, Descending: true}, []string{"users_created"}},
			{"next page by creation", signup.Query{Limit: 50, After: place}, []string{"users_created"}},
			{"next page of the latest", signup.Query{Limit: 50, After: place, Descending: true}, []string{"users_created"}},
			{"created in an hour", signup.Query{Limit: 50, CreatedFrom: time.Unix(1000, 0), CreatedBefore: time.Unix(1100, 0)}, []string{"users_created"}},
			{"next page by address", signup.Query{Limit: 50, After: place, Sort: signup.SortByEmail}, []string{"users_pkey"}},
			{"first page by name", signup.Query{Limit: 50, Sort: signup.SortByName}, []string{"users_last", "users_long"}},
			{"next page by name", signup.Query{Limit: 50, After: place, Sort: signup.SortByName}, []string{"users_last", "users_long"}},
			{"next page by name, descending", signup.Query{Limit: 50, After: place, Sort: signup.SortByName, Descending: true}, []string{"users_last", "users_long"}},
			{"EmailPrefix", signup.Query{Limit: 50, EmailPrefix: "user321"}, []string{"users_pkey", "users_email"}},
			{"NamePrefix", signup.Query{Limit: 50, NamePrefix: "last432"}, []string{"users_last", "users_first"}},
			{"long NamePrefix", signup.Query{Limit: 50, NamePrefix: strings.Repeat("long", 60)}, []string{"users_last", "users_first"}},
			{"one ID", signup.Query{Limit: 50, IDs: []string{"id-3"}}, []string{"users_id"}},
			{"hundred IDs", signup.Query{IDs: hundred}, []string{"users_id"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				plan := planOf(t, d, test.q)
				for _, step := range strings.Split(plan, "\n") {
					if strings.Contains(step, "Seq Scan") || strings.HasPrefix(step, "SCAN "+d.prefix()) && !seeksNothing(test.q, step) {
						t.Errorf("got the step %q, want no scan of the whole table", step)
					}
				}
				for _, index := range test.indexes {
					name := d.prefix() + index
					if d.options == nil && index == "users_pkey" {
						name = "sqlite_autoindex_" + d.prefix() + "users_1"
					}
					if !strings.Contains(plan, name) {
						t.Errorf("got the plan\n%s\nwant one with the index %s", plan, name)
					}
				}
			})
		}
	})
}

// seeksNothing reports whether a step of SQLite may go through an index from its beginning:
// on the first page, or through the few users with long names.
func seeksNothing(q signup.Query, step string) bool {
	first := q.After.IsZero() && q.EmailPrefix == "" && q.NamePrefix == "" && len(q.IDs) == 0
	return strings.Contains(step, "USING INDEX") && (first || strings.Contains(step, "users_long"))
}
