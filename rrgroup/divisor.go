package rrgroup

import (
	"math"
	"math/bits"
)

// A divisor divides by a fixed number. It multiplies by the inverse, which is several
// times faster than the processor's division.
type divisor struct {
	n       uint64
	inverse uint64 // 2⁶⁴/n, or a little less
}

// newDivisor returns the divisor for n, which is at least 1.
func newDivisor(n int) divisor { return divisor{uint64(n), math.MaxUint64 / uint64(n)} }

// divide returns x/n and x%n, for any x. The inverse is too small by at most 1, so
// the upper half of the product is too small by less than 1 before it is rounded
// down: the quotient is right, or one less than that.
func (d divisor) divide(x uint64) (quotient, rest uint64) {
	quotient, _ = bits.Mul64(x, d.inverse)
	rest = x - quotient*d.n
	if rest >= d.n {
		quotient, rest = quotient+1, rest-d.n
	}
	return quotient, rest
}
