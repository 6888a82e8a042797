package rounds

import (
	"math"
	"testing"
)

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		ratios          []float64
		mean, low, high float64
	}{
		{[]float64{2, 2, 2, 2}, 2, 2, 2},
		{[]float64{1, math.E}, math.Exp(.5), math.Exp(.5 - 6.353), math.Exp(.5 + 6.353)},
		// Logarithms 1 to 5: mean 3, standard error 0.7071, t of 4 degrees of freedom 2.776.
		{[]float64{math.Exp(1), math.Exp(2), math.Exp(3), math.Exp(4), math.Exp(5)}, math.Exp(3), math.Exp(3 - 1.963), math.Exp(3 + 1.963)},
	} {
		mean, low, high := interval(c.ratios)
		for _, p := range [][2]float64{{mean, c.mean}, {low, c.low}, {high, c.high}} {
			if math.Abs(math.Log(p[0]/p[1])) > .01 {
				t.Errorf("interval(%v): got %v, %v, %v, want %v, %v, %v", c.ratios, mean, low, high, c.mean, c.low, c.high)
			}
		}
	}
}
