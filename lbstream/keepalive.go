package lbstream

import (
	"time"

	"google.golang.org/grpc/keepalive"
)

// Keepalive finds a balancer whose machine is gone. If the balancer has sent nothing for Time
// while a stream is open, it is pinged; if no answer comes within Timeout, the connection is
// closed. gRPC raises a Time under 10 s to 10 s. A Time of zero is no keepalive; a
// Timeout of zero is gRPC's default, 20 s.
//
// A server that allows fewer pings ends the connection (too_many_pings). gRPC then
// doubles the channel's ping interval, until the server accepts it. The stream is
// opened again at once.
type Keepalive struct {
	Time    time.Duration
	Timeout time.Duration
}

// DefaultKeepalive is used where a configuration has no keepalive.
var DefaultKeepalive = Keepalive{Time: 30 * time.Second, Timeout: 10 * time.Second}

// params are gRPC's. Without a stream no pings are sent.
func (k Keepalive) params() keepalive.ClientParameters {
	p := keepalive.ClientParameters{Time: k.Time, Timeout: k.Timeout}
	if p.Time <= 0 {
		p.Time = 1<<63 - 1
	}
	return p
}
