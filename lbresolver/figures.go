package lbresolver

import (
	"math"
	"time"

	"google.golang.org/grpc/backoff"
)

// figures are how long things take.
type figures struct {
	interval time.Duration  // between two look-ups that succeed, end to start
	keep     time.Duration  // that addresses are kept while look-ups fail
	refresh  time.Duration  // between look-ups that nobody asks for; zero is never
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

// minRefresh keeps a mistake, such as 5ms for 5m, from becoming a flood of look-ups.
const minRefresh = time.Second

// refreshSpread is how much earlier or later than its interval a look-up is that
// nobody asks for, as a share of it: clients that began together come apart.
const refreshSpread = 0.2

// spreadOut adds chance to the interval of look-ups. The random number is in
// [0, 1).
func spreadOut(interval time.Duration, random float64) time.Duration {
	return jittered(float64(interval), refreshSpread, random)
}

// delay returns how long to wait after a failure that earlier ones preceded.
// The bound holds before jitter. The float may be infinite and is then brought
// back by the bound; one out of range of an int64 has no defined integer.
func (f figures) delay(earlier int, random float64) time.Duration {
	b := f.backoff
	grown := float64(b.BaseDelay) * math.Pow(b.Multiplier, float64(earlier))
	return jittered(math.Min(grown, float64(b.MaxDelay)), b.Jitter, random)
}

func jittered(d, jitter, random float64) time.Duration {
	d *= 1 + jitter*(2*random-1)
	if d >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(d)
}
