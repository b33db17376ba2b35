package assign

import (
	"math"
	"math/bits"

	"github.com/actorlb/grpclb/lbserver"
)

// maxTotal is what weights add up to at most, apart from those that are rounded up
// to 1.
const maxTotal = 1 << 30

// weight is the weight as given, zero standing for one.
func weight(s lbserver.Server) uint64 { return uint64(max(s.Weight, 1)) }

// sum adds up the weights.
func sum(servers []lbserver.Server) uint64 {
	total := uint64(0)
	for _, s := range servers {
		total += weight(s)
	}
	return total
}

// reduced returns the weights divided by what divides them all. If they add up
// to more than maxTotal then, they are scaled to that, each to 1 at least.
func reduced(weights []uint64) []int {
	divisor, total := uint64(0), 0.0
	for _, w := range weights {
		divisor = gcd(divisor, w)
		total += float64(w)
	}
	scale := min(1, maxTotal*float64(divisor)/total)
	of := make([]int, len(weights))
	for i, w := range weights {
		of[i] = max(int(math.Round(float64(w/divisor)*scale)), 1)
	}
	return of
}

// times multiplies, and says whether the product fits.
func times(a, b uint64) (uint64, bool) {
	high, low := bits.Mul64(a, b)
	return low, high == 0
}

// gcd returns what divides both. Zero is divided by everything.
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
