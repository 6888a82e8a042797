package sql

import (
	"database/sql"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/rounds"
	"github.com/gosignup/signup/sqlstore"
)

var (
	many        = flag.Int("many", 1_000_000, "the number of users in the larger table of BenchmarkGrowth")
	few         = flag.Int("few", 10_000, "the number of users in the smaller one, and in that of BenchmarkGet")
	growthRound = flag.Int("growth-round", 250, "the number of users that are created in a round of BenchmarkGrowth; it must leave the smaller table small")
)

// BenchmarkGrowth compares the time of a Create and a Get in a table with many users with
// that in a table with few. The ratio is how many times longer it is among many. The
// units that begin with "few-" are of the smaller table. The operations by hand show what
// of that is the database's. Each connection has read the tables before, as in a server
// that has run for a while.
func BenchmarkGrowth(b *testing.B) {
	eachDatabase(b, func(b *testing.B, d *database) {
		small, _ := d.newTable(b)
		large, _ := d.newTable(b)
		fewKeys, manyKeys := small.fill(b, *few), large.fill(b, *many)
		small.readWhole(b)
		large.readWhole(b)
		for _, c := range []struct {
			name      string
			n         int // the users of a round
			contender func(b *testing.B, t *table, keys []string) *rounds.Contender
		}{
			{"op=create", *growthRound, func(b *testing.B, t *table, _ []string) *rounds.Contender { return t.creations(b) }},
			{"op=get", *perRound, func(b *testing.B, t *table, keys []string) *rounds.Contender { return t.gets(b, keys) }},
			{"op=create/by=hand", *growthRound, func(b *testing.B, t *table, _ []string) *rounds.Contender { return t.creationsByHand(b) }},
			{"op=get/by=hand", *perRound, func(b *testing.B, t *table, keys []string) *rounds.Contender { return t.getsByHand(b, keys) }},
		} {
			b.Run(c.name, func(b *testing.B) {
				among, amongFew := c.contender(b, large, manyKeys), c.contender(b, small, fewKeys)
				rounds.WarmUp(b, c.n, among, amongFew)
				rounds.Turns(b, b.N, c.n, among, amongFew)
				b.ReportMetric(among.NS(c.n), "ns/op")
				b.ReportMetric(amongFew.NS(c.n), "few-ns/op")
				rounds.ReportRatio(b, among.Took, amongFew.Took)
			})
		}
	})
}

// fill stores n users, and writes what is due to the files. It returns the keys of at
// most 100,000 of them, so that the garbage collector has few to look at.
func (t *table) fill(b *testing.B, n int) (keys []string) {
	b.Helper()
	const atOnce, most = 100_000, 100_000
	step := (n + most - 1) / most
	for left := n; left > 0; left -= atOnce {
		users := newUsers(min(left, atOnce))
		for i := 0; i < len(users); i += step {
			keys = append(keys, users[i].Key())
		}
		// In the order of the keys, each page of the index is written once.
		slices.SortFunc(users, func(a, b signup.User) int { return strings.Compare(a.Key(), b.Key()) })
		if err := t.load(b.Context(), t.valuesOf(users)); err != nil {
			b.Fatal(err)
		}
	}
	settle := []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
	if t.dialect == sqlstore.PostgreSQL {
		settle = []string{"VACUUM (ANALYZE) " + t.prefix + "users", "CHECKPOINT"}
	}
	for _, statement := range settle {
		if _, err := t.ExecContext(b.Context(), statement); err != nil {
			b.Fatalf("%s: %v", statement, err)
		}
	}
	return keys
}

// readWhole reads the users and the index of their keys through each connection. The first
// time that a process of PostgreSQL's server looks at a page in the memory that they share,
// it takes a page fault.
func (t *table) readWhole(b *testing.B) {
	b.Helper()
	var all []*sql.Conn
	defer func() {
		for _, c := range all {
			_ = c.Close()
		}
	}()
	for range *connections {
		c, err := t.Conn(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, c)
		statements := []string{
			"SELECT count(id) FROM " + t.prefix + "users",
			"SELECT count(key) FROM (SELECT key FROM " + t.prefix + "users ORDER BY key) AS k",
		}
		if t.dialect == sqlstore.PostgreSQL {
			statements = append([]string{"SET max_parallel_workers_per_gather = 0"}, statements...)
		}
		for _, statement := range statements {
			if _, err := c.ExecContext(b.Context(), statement); err != nil {
				b.Fatalf("%s: %v", statement, err)
			}
		}
	}
}
