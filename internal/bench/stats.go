package main

import (
	"fmt"
	"math"
	"slices"
)

// A spread is the median of measurements, and an interval that contains the true
// median with the probability level, whatever their distribution.
type spread struct {
	median, low, high float64
	level             float64
}

// spreadOf returns the median, and the narrowest interval between measurements that
// has a level of at least 0.95. If there are too few measurements for that, it
// returns the interval from the least to the greatest, with the level that it has.
func spreadOf(xs []float64) spread {
	n := len(xs)
	if n == 0 {
		return spread{median: math.NaN(), low: math.NaN(), high: math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(xs))
	s := spread{median: (sorted[(n-1)/2] + sorted[n/2]) / 2}
	// The median is below the k-th of n with the probability that fewer
	// than k of n coins show heads.
	below, term := 0.0, math.Pow(.5, float64(n))
	for k := 1; k <= (n+1)/2; k++ {
		below += term
		term *= float64(n-k+1) / float64(k)
		if k > 1 && 1-2*below < .95 {
			break
		}
		s.low, s.high, s.level = sorted[k-1], sorted[n-k], max(1-2*below, 0)
	}
	return s
}

func (s spread) String() string {
	if math.IsNaN(s.median) {
		return "–"
	}
	if s.low == s.high { // one measurement
		return fmt.Sprintf("%.2f", s.median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.low, s.high)
}

// ratios returns xs divided by baseline, round by round.
func ratios(xs, baseline []float64) []float64 {
	rs := make([]float64, 0, len(xs))
	for i := range min(len(xs), len(baseline)) {
		rs = append(rs, xs[i]/baseline[i])
	}
	return rs
}

func median(xs []float64) float64 { return spreadOf(xs).median }
