package legacyhash_test

import (
	"testing"
	"time"

	"github.com/gosignup/signup"
	"golang.org/x/crypto/bcrypt"
)

// representatives returns one vector of each scheme: the costliest.
func representatives(b *testing.B) map[string]signup.ParsedHash {
	most := map[string]signup.ParsedHash{}
	for _, v := range vectors(b) {
		f, h := v.prepare(b)
		if p, ok := f.ParseHash(h); ok && p.Work.Rounds > most[p.Scheme].Work.Rounds {
			most[p.Scheme] = p
		}
	}
	return most
}

// BenchmarkWork reports the estimated cost of each scheme, divided by the measured
// one. Both are in rounds of bcrypt, which is measured beside it. Of both times the
// least counts, so that other programs on the machine disturb little.
func BenchmarkWork(b *testing.B) {
	const cost = 8
	for scheme, p := range representatives(b) {
		b.Run(scheme, func(b *testing.B) {
			round, match := time.Hour, time.Hour
			for b.Loop() {
				round = min(round, timeOf(1, func() { _, _ = bcrypt.GenerateFromPassword([]byte("correct horse"), cost) }))
				repeat := 1 + 32/int(p.Work.Rounds)
				match = min(match, timeOf(repeat, func() { p.Matches([]byte("correct horse")) }))
			}
			measured := float64(match) / float64(round) * (1 << cost)
			b.ReportMetric(float64(p.Work.Rounds)/measured, "estimate/measured")
			b.ReportMetric(float64(p.Work.Rounds), "rounds")
			b.ReportMetric(float64(round.Nanoseconds())/(1<<cost), "ns/round")
		})
	}
}

// timeOf returns the time of one call of f.
func timeOf(n int, f func()) time.Duration {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start) / time.Duration(n)
}
