package lbstream

import (
	"math"
	"time"
)

// Backoff says how long to wait before calling the balancer again: after n
// calls in a row that were not healthy, InitialDelay × Multiplierⁿ⁻¹, at most
// MaxDelay, and then up to Jitter of it more or less.
//
// A figure out of range is replaced by that of [DefaultBackoff]: a delay that
// is not positive, a Multiplier under 1, a Jitter outside 0 to 1, and any NaN.
// A MaxDelay under InitialDelay bounds the first delay too.
type Backoff struct {
	InitialDelay time.Duration // also how long a healthy call must have lived
	Multiplier   float64
	Jitter       float64 // as a share of the delay: 0.2 is ±20 %
	MaxDelay     time.Duration
}

// DefaultBackoff has the figures of gRPC's connection backoff:
// https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
var DefaultBackoff = Backoff{
	InitialDelay: time.Second,
	Multiplier:   1.6,
	Jitter:       0.2,
	MaxDelay:     120 * time.Second,
}

// normal returns b with every figure in range. Comparisons are written so that
// a NaN fails them.
func (b Backoff) normal() Backoff {
	if b.InitialDelay <= 0 {
		b.InitialDelay = DefaultBackoff.InitialDelay
	}
	if !(b.Multiplier >= 1) {
		b.Multiplier = DefaultBackoff.Multiplier
	}
	if !(b.Jitter >= 0 && b.Jitter <= 1) {
		b.Jitter = DefaultBackoff.Jitter
	}
	if b.MaxDelay <= 0 {
		b.MaxDelay = DefaultBackoff.MaxDelay
	}
	return b
}

// delay returns the wait after a failure that earlier ones preceded. random is
// in [0, 1). The bound holds before jitter, so the longest wait is
// MaxDelay × (1 + Jitter). Float64 reaches infinity rather than overflowing,
// and the bound brings it back; the last conversion saturates by hand, because
// a float out of range has no defined integer.
func (b Backoff) delay(earlier int, random float64) time.Duration {
	grown := float64(b.InitialDelay) * math.Pow(b.Multiplier, float64(earlier))
	bounded := math.Min(grown, float64(b.MaxDelay))
	jittered := bounded * (1 + b.Jitter*(2*random-1))
	if jittered >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(jittered)
}
