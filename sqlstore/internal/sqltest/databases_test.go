package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
	"github.com/gosignup/signup/storetest"
)

// A database is a new database, or new tables in one.
type database struct {
	*sql.DB
	options *sqlstore.Options
	another func(t testing.TB) *sql.DB // opens it once more
}

// databases make new databases, by their kind.
var databases = map[string]func(t testing.TB) database{
	"SQLite": func(t testing.TB) database {
		name := sqliteFile(t)
		another := func(t testing.TB) *sql.DB { return openSQLite(t, name) }
		return database{another(t), nil, another}
	},
	"PostgreSQL": func(t testing.TB) database {
		db := openPostgreSQL(t)
		return database{db, newPrefix(t, db), openPostgreSQL}
	},
}

// eachDatabase runs the test with each kind of database.
func eachDatabase(t *testing.T, test func(t *testing.T, newDatabase func(testing.TB) database)) {
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) { test(t, newDatabase) })
	}
}

func (d database) prefix() string {
	if d.options == nil {
		return "signup_"
	}
	return d.options.Prefix
}

// stores are the databases of the Stores of a test.
type stores struct{ sync.Map }

func (s *stores) add(store any, d database) { s.Store(store, d) }

func (s *stores) of(store any) database {
	d, _ := s.Load(store)
	return d.(database)
}

func TestStore(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		var all stores
		storetest.RunWith(t, func(t *testing.T) signup.Store {
			d := newDatabase(t)
			s := setUp(t, d.DB, d.options)
			all.add(s, d)
			return s
		}, storetest.Options{
			// A later version has a column of its own, and a member of the column more.
			AddUnknown: func(ctx context.Context, s signup.Store, key string) error {
				d := all.of(s)
				if _, err := d.ExecContext(ctx, "ALTER TABLE "+d.prefix()+"users ADD COLUMN later text NOT NULL DEFAULT ''"); err != nil {
					return err
				}
				_, err := d.ExecContext(ctx, "UPDATE "+d.prefix()+`users SET later = 'kept', more = '{"later": "kept"}' WHERE key = $1`, key)
				return err
			},
			HasUnknown: func(ctx context.Context, s signup.Store, key string) (bool, error) {
				d := all.of(s)
				var later, more string
				err := d.QueryRowContext(ctx, "SELECT later, more FROM "+d.prefix()+"users WHERE key = $1", key).Scan(&later, &more)
				return later == "kept" && more == `{"later": "kept"}`, err
			},
		})
	})
}

func TestCounter(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		var all stores
		storetest.RunCounterWith(t, func(t *testing.T) signup.Counter {
			d := newDatabase(t)
			setUp(t, d.DB, d.options)
			c := sqlstore.NewCounter(d.DB, d.options)
			all.add(c, d)
			return c
		}, storetest.CounterOptions{Another: func(t *testing.T, c signup.Counter) signup.Counter {
			d := all.of(c)
			return sqlstore.NewCounter(d.another(t), d.options)
		}})
	})
}

// Of Creates through two pools of one database at once, one stores its user.
func TestRace(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		two := []*sqlstore.Store{setUp(t, d.DB, d.options), sqlstore.New(d.another(t), d.options)}
		const callers = 200
		results := make(chan error, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				u := signup.User{ID: fmt.Sprint("id-", i), Email: "ada@example.org"}
				results <- two[i%2].Create(t.Context(), &u)
			})
		}
		wg.Wait()
		close(results)
		wantOne(t, results, signup.ErrExists)
	})
}
