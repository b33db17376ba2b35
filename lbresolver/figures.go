package lbresolver

import (
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/internal/delay"
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

// minRefresh keeps a mistake, such as 5ms for 5m, from becoming a flood of look-ups.
const minRefresh = time.Second

// refreshSpread is how much earlier or later than its interval a look-up is that
// nobody asks for, as a share of it: clients that began together come apart.
const refreshSpread = 0.2

// spreadOut adds chance to the interval of look-ups. The random number is in
// [0, 1).
func spreadOut(interval time.Duration, random float64) time.Duration {
	return delay.Spread(float64(interval), refreshSpread, random)
}
