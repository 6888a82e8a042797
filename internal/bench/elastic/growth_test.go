package elastic

import (
	"flag"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/people"
	"github.com/gosignup/signup/internal/bench/rounds"
)

var many = flag.Int("many", 1_000_000, "the number of users in the larger index of BenchmarkGrowth")

const (
	few = 10_000
	// A round is so short that the smaller index stays small.
	growthRound = 250
)

// BenchmarkGrowth compares the time of a Create and a Get in an index with many users
// with that in an index with few. The ratio is how many times longer it is among many.
// The units that begin with "few-" are of the smaller index.
func BenchmarkGrowth(b *testing.B) {
	s := connect(b)
	small, large := filled(b, s, few), filled(b, s, *many)
	for _, c := range []struct {
		name      string
		contender func(b *testing.B, p populated) *rounds.Contender
	}{
		{"op=create", func(b *testing.B, p populated) *rounds.Contender { return creations(b, s, p.alias, new(int64)) }},
		{"op=get", func(b *testing.B, p populated) *rounds.Contender { return gets(b, s, p.alias, p.users) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			among, amongFew := c.contender(b, large), c.contender(b, small)
			rounds.WarmUp(b, growthRound, among, amongFew)
			rounds.Turns(b, b.N, growthRound, among, amongFew)
			b.ReportMetric(among.NS(growthRound), "ns/op")
			b.ReportMetric(amongFew.NS(growthRound), "few-ns/op")
			rounds.ReportRatio(b, among.Took, amongFew.Took)
		})
	}
}

// A populated is an index, with some of its users for BenchmarkGrowth to read.
type populated struct {
	alias string
	users []signup.User
}

// filled returns an index with n users, after the server has merged its segments.
func filled(b *testing.B, s *server, n int) populated {
	b.Helper()
	alias, _ := s.newIndex(b)
	const atOnce = 100_000
	p := populated{alias: alias}
	for left := n; left > 0; left -= atOnce {
		users := people.New(min(left, atOnce))
		fill(b, s, alias, users)
		p.users = append(p.users, users[:min(len(users), max(1, 10*atOnce/n))]...)
	}
	var body any
	if err := ask(b.Context(), s, esapi.IndicesRefreshRequest{Index: []string{alias}}, &body); err != nil {
		b.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Minute); merges(b, s, alias) > 0; time.Sleep(time.Second) {
		if time.Now().After(end) {
			b.Fatal("the server still merges segments after 5 minutes, want it to be idle")
		}
	}
	return p
}

// merges returns the number of merges of segments that are running.
func merges(b *testing.B, s *server, alias string) int {
	b.Helper()
	var stats struct {
		All struct {
			Total struct {
				Merges struct{ Current int }
			}
		} `json:"_all"`
	}
	req := esapi.IndicesStatsRequest{Index: []string{alias}, Metric: []string{"merge"}}
	if err := ask(b.Context(), s, req, &stats); err != nil {
		b.Fatal(err)
	}
	return stats.All.Total.Merges.Current
}
