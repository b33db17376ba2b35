package lbresolver

import (
	"math"
	"time"

	"google.golang.org/grpc/backoff"
)

// figures are how long things take.
type figures struct {
	interval time.Duration  // between two look-ups that succeed, end to start
	keep     time.Duration  // that balancers are kept while look-ups fail
	backoff  backoff.Config // between look-ups that fail
}

// defaults: the interval is that of gRPC's DNS resolvers, the backoff that of its
// connections. Names that can't be looked up may be kept for 1 to 3 days (RFC
// 8767, section 5); a balancer that can't be reached has the policy fall back
// all the same, so to keep one is safe.
var defaults = figures{interval: 30 * time.Second, keep: 24 * time.Hour, backoff: backoff.DefaultConfig}

// withBackoff replaces the backoff, but for what is out of range. Comparisons
// are written so that a NaN fails them.
func (f figures) withBackoff(b backoff.Config) figures {
	if b.BaseDelay > 0 {
		f.backoff.BaseDelay = b.BaseDelay
	}
	if b.Multiplier >= 1 {
		f.backoff.Multiplier = b.Multiplier
	}
	if b.Jitter >= 0 && b.Jitter <= 1 {
		f.backoff.Jitter = b.Jitter
	}
	if b.MaxDelay > 0 {
		f.backoff.MaxDelay = b.MaxDelay
	}
	return f
}

// delay returns how long to wait after a failure that earlier ones preceded.
// The bound holds before jitter. The float may be infinite and is then brought
// back by the bound; one out of range of an int64 has no defined integer.
func (f figures) delay(earlier int, random float64) time.Duration {
	b := f.backoff
	grown := float64(b.BaseDelay) * math.Pow(b.Multiplier, float64(earlier))
	bounded := math.Min(grown, float64(b.MaxDelay))
	jittered := bounded * (1 + b.Jitter*(2*random-1))
	if jittered >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(jittered)
}
