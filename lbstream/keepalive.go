package lbstream

import (
	"time"

	"google.golang.org/grpc/keepalive"
)

// Keepalive says how a balancer that is gone without a word is found out: when it
// has been silent for Time during a call it is pinged, and without an answer within
// Timeout the connection is given up. gRPC raises a Time under 10 s to 10 s. A Time
// of zero is no keepalive; a Timeout of zero is gRPC's default, 20 s.
//
// A server that allows fewer pings ends the connection (too_many_pings). gRPC then
// doubles the channel's ping interval until the server accepts it; the balancer call
// is opened again at once.
type Keepalive struct {
	Time    time.Duration
	Timeout time.Duration
}

// DefaultKeepalive is used where a configuration says nothing else.
var DefaultKeepalive = Keepalive{Time: 30 * time.Second, Timeout: 10 * time.Second}

// params are gRPC's. Nothing is sent while there is no call.
func (k Keepalive) params() keepalive.ClientParameters {
	p := keepalive.ClientParameters{Time: k.Time, Timeout: k.Timeout}
	if p.Time <= 0 {
		p.Time = 1<<63 - 1
	}
	return p
}
