package elastic

import (
	"flag"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/bench/cpu"
)

var connections = flag.Int("connections", 16, "the number of goroutines, and so of connections, that create and get at once")

// A contender does n operations per round. prepare isn't measured; the function that
// it returns is.
type contender struct {
	prepare func(n int) (operate func() error)

	took   []time.Duration // each round
	cpu    time.Duration   // of this process
	allocs uint64
	bytes  uint64
}

func (c *contender) round(b *testing.B, n int) {
	b.Helper()
	operate := c.prepare(n)
	var before, after runtime.MemStats
	runtime.GC() // so that the garbage of prepare isn't part of the measurement
	runtime.ReadMemStats(&before)
	used, begin := cpu.Own(), time.Now()
	err := operate()
	c.took = append(c.took, time.Since(begin))
	c.cpu += cpu.Own() - used
	if err != nil {
		b.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
	c.bytes += after.TotalAlloc - before.TotalAlloc
}

// perOp returns a sum over all rounds of n operations, divided by the number of
// operations.
func (c *contender) perOp(sum float64, n int) float64 { return sum / float64(n*len(c.took)) }

func (c *contender) ns(n int) float64 {
	var sum time.Duration
	for _, d := range c.took {
		sum += d
	}
	return c.perOp(float64(sum), n)
}

// turns runs b.N rounds of n operations with each of the two. They take turns in
// beginning.
func turns(b *testing.B, n int, ours, raw *contender) {
	b.Helper()
	for i := range b.N {
		first, second := ours, raw
		if i%2 == 1 {
			first, second = raw, ours
		}
		first.round(b, n)
		second.round(b, n)
	}
}

// compare runs turns and reports their results.
func compare(b *testing.B, n int, ours, raw *contender) {
	b.Helper()
	turns(b, n, ours, raw)
	b.ReportMetric(ours.ns(n), "ns/op")
	b.ReportMetric(raw.ns(n), "raw-ns/op")
	b.ReportMetric(ours.perOp(float64(ours.cpu), n), "cpu-ns/op")
	b.ReportMetric(raw.perOp(float64(raw.cpu), n), "raw-cpu-ns/op")
	b.ReportMetric(ours.perOp(float64(ours.allocs), n), "allocs/op")
	b.ReportMetric(raw.perOp(float64(raw.allocs), n), "raw-allocs/op")
	b.ReportMetric(ours.perOp(float64(ours.bytes), n), "B/op")
	b.ReportMetric(raw.perOp(float64(raw.bytes), n), "raw-B/op")
	b.ReportMetric(1e9/ours.ns(n), "users/s")
	reportRatio(b, raw.took, ours.took)
}

// reportRatio reports how many times longer the rounds in above took than those in
// below.
func reportRatio(b *testing.B, above, below []time.Duration) {
	b.Helper()
	ratios := make([]float64, len(above))
	for i := range ratios {
		ratios[i] = float64(above[i]) / float64(below[i])
	}
	mean, low, high := interval(ratios)
	b.ReportMetric(mean, "ratio")
	if len(ratios) > 1 {
		b.ReportMetric(low, "ratio-low")
		b.ReportMetric(high, "ratio-high")
	}
}

// interval returns the geometric mean of the ratios, and the bounds of its 95 %
// confidence interval by Student's t.
func interval(ratios []float64) (mean, low, high float64) {
	n := float64(len(ratios))
	var sum, squares float64
	for _, r := range ratios {
		sum += math.Log(r)
	}
	for _, r := range ratios {
		squares += math.Pow(math.Log(r)-sum/n, 2)
	}
	half := student(n-1) * math.Sqrt(squares/(n-1)/n)
	return math.Exp(sum / n), math.Exp(sum/n - half), math.Exp(sum/n + half)
}

// student returns the 97.5 % quantile of Student's t. For 1 and 2 degrees of freedom
// it is exact. For 3 or more, it is the first terms of the expansion about the normal
// quantile, which are within 2 %.
func student(freedom float64) float64 {
	switch freedom {
	case 1:
		return 12.706
	case 2:
		return 4.303
	}
	const z = 1.959964
	return z + (math.Pow(z, 3)+z)/(4*freedom) +
		(5*math.Pow(z, 5)+16*math.Pow(z, 3)+3*z)/(96*freedom*freedom) +
		(3*math.Pow(z, 7)+19*math.Pow(z, 5)+17*math.Pow(z, 3)-15*z)/(384*math.Pow(freedom, 3))
}

// parallel calls do for 0 to n-1, in as many goroutines as there are connections, and
// returns the first error.
func parallel(n int, do func(i int) error) error {
	var (
		next  atomic.Int64
		first error
		once  sync.Once
		wg    sync.WaitGroup
	)
	for range *connections {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					once.Do(func() { first = err })
					return
				}
			}
		})
	}
	wg.Wait()
	return first
}
