// Package rounds compares two contenders in a benchmark of package testing. The two run in
// turn, a round each, so that a disturbance of the machine or a server affects both.
package rounds

import (
	"runtime"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/bench/cpu"
)

// A Contender does a number of operations per round.
type Contender struct {
	// Prepare makes what a round of n operations needs, and returns the function that
	// does them. Prepare itself isn't measured.
	Prepare func(n int) (operate func() error)
	// Took is how long each round took.
	Took []time.Duration

	cpu    time.Duration // of this process
	allocs uint64
	bytes  uint64
}

// Run runs a round of n operations. An error of the round ends b.
func (c *Contender) Run(b *testing.B, n int) {
	b.Helper()
	operate := c.Prepare(n)
	var before, after runtime.MemStats
	runtime.GC() // so that the garbage of Prepare isn't part of the measurement
	runtime.ReadMemStats(&before)
	used, begin := cpu.Own(), time.Now()
	err := operate()
	c.Took = append(c.Took, time.Since(begin))
	c.cpu += cpu.Own() - used
	if err != nil {
		b.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
	c.bytes += after.TotalAlloc - before.TotalAlloc
}

// PerOp returns a sum over all rounds of n operations, divided by the number of
// operations.
func (c *Contender) PerOp(sum float64, n int) float64 { return sum / float64(n*len(c.Took)) }

// NS returns the time of an operation in nanoseconds, if each round had n.
func (c *Contender) NS(n int) float64 {
	var sum time.Duration
	for _, d := range c.Took {
		sum += d
	}
	return c.PerOp(float64(sum), n)
}

// WarmUp runs a round of each that isn't counted, to open the connections and to let
// a server compile its code.
func WarmUp(b *testing.B, n int, contenders ...*Contender) {
	b.Helper()
	for _, c := range contenders {
		c.Run(b, n)
		*c = Contender{Prepare: c.Prepare}
	}
}

// Turns runs a number of rounds of n operations with each of the two. They take turns in
// beginning.
func Turns(b *testing.B, rounds, n int, ours, raw *Contender) {
	b.Helper()
	for i := range rounds {
		first, second := ours, raw
		if i%2 == 1 {
			first, second = raw, ours
		}
		first.Run(b, n)
		second.Run(b, n)
	}
}

// Compare runs b.N rounds of [Turns], and reports the cost of an operation of each.
func Compare(b *testing.B, n int, ours, raw *Contender) {
	b.Helper()
	Turns(b, b.N, n, ours, raw)
	b.ReportMetric(ours.NS(n), "ns/op")
	b.ReportMetric(raw.NS(n), "raw-ns/op")
	b.ReportMetric(ours.PerOp(float64(ours.cpu), n), "cpu-ns/op")
	b.ReportMetric(raw.PerOp(float64(raw.cpu), n), "raw-cpu-ns/op")
	b.ReportMetric(ours.PerOp(float64(ours.allocs), n), "allocs/op")
	b.ReportMetric(raw.PerOp(float64(raw.allocs), n), "raw-allocs/op")
	b.ReportMetric(ours.PerOp(float64(ours.bytes), n), "B/op")
	b.ReportMetric(raw.PerOp(float64(raw.bytes), n), "raw-B/op")
	b.ReportMetric(1e9/ours.NS(n), "users/s")
}
