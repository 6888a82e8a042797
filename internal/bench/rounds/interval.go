package rounds

import (
	"math"
	"testing"
	"time"
)

// ReportRatio reports how many times longer the rounds in above took than those in
// below: the metric ratio, and the bounds of its interval as ratio-low and ratio-high. Of
// a single round, it reports the ratio only.
func ReportRatio(b *testing.B, above, below []time.Duration) {
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
