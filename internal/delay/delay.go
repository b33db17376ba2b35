// Package delay computes how long to wait before a failed step is tried again.
package delay

import (
	"math"
	"time"

	"google.golang.org/grpc/backoff"
)

// After returns the wait after a failure that this many failures preceded:
// BaseDelay × Multiplier^earlier, at most MaxDelay, then spread by Jitter. So the
// longest wait is MaxDelay × (1 + Jitter). random is in [0, 1). MaxDelay also bounds an
// infinite product.
func After(c backoff.Config, earlier int, random float64) time.Duration {
	grown := float64(c.BaseDelay) * math.Pow(c.Multiplier, float64(earlier))
	return Spread(math.Min(grown, float64(c.MaxDelay)), c.Jitter, random)
}

// Spread returns d nanoseconds, up to this share of them more or less. random is in
// [0, 1). A result over the longest Duration is that Duration, because Go does not define
// the conversion of a float that is too large.
func Spread(d, share, random float64) time.Duration {
	d *= 1 + share*(2*random-1)
	if d >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(d)
}

// Valid returns c with each figure that is out of range replaced by that of instead:
// a delay that is not positive, a Multiplier under 1, a Jitter outside 0 to 1, and any
// NaN. Comparisons are written so that a NaN fails them.
func Valid(c, instead backoff.Config) backoff.Config {
	if c.BaseDelay <= 0 {
		c.BaseDelay = instead.BaseDelay
	}
	if !(c.Multiplier >= 1) {
		c.Multiplier = instead.Multiplier
	}
	if !(c.Jitter >= 0 && c.Jitter <= 1) {
		c.Jitter = instead.Jitter
	}
	if c.MaxDelay <= 0 {
		c.MaxDelay = instead.MaxDelay
	}
	return c
}
