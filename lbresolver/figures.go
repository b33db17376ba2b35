package lbresolver

import (
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/internal/delay"
)

// figures are the times of a resolver.
type figures struct {
	interval time.Duration  // from the end of a look-up that succeeded to the start of the next
	keep     time.Duration  // how long addresses are kept while look-ups fail
	refresh  time.Duration  // between look-ups that the channel does not ask for; zero: none
	backoff  backoff.Config // between look-ups that fail
}

// defaults: the interval is that of gRPC's DNS resolver, the backoff that of its connections.
// RFC 8767, section 5, allows to keep names for 1 to 3 days. To keep a balancer is safe: if it
// can't be reached, the policy falls back.
var defaults = figures{interval: 30 * time.Second, keep: 24 * time.Hour, backoff: backoff.DefaultConfig}

// minRefresh keeps a mistake, such as 5ms for 5m, from flooding DNS.
const minRefresh = time.Second

// refreshSpread is by how much an interval is varied, as a share of it, so that clients that began
// together don't ask together.
const refreshSpread = 0.2

// spreadOut varies the interval of look-ups. random is in [0, 1).
func spreadOut(interval time.Duration, random float64) time.Duration {
	return delay.Spread(float64(interval), refreshSpread, random)
}
