package bench

import (
	"context"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// What every call is, and how every call ends.
var (
	callInfo = balancer.PickInfo{FullMethodName: "/grpc.testing.TestService/UnaryCall", Ctx: context.Background()}
	callDone = balancer.DoneInfo{BytesSent: true, BytesReceived: true}
)

// covers reports whether the latest picker sends calls to each of conns and to
// nothing else. It stops at the first that is picked twice or is none of
// them, so a picker of k backends costs k+1 picks.
func (p *parent) covers(conns []*subConn) bool {
	s := p.latest()
	if s.ConnectivityState != connectivity.Ready {
		return false
	}
	if len(conns) == 0 {
		return true
	}
	p.look++
	for _, sc := range conns {
		sc.look = p.look
	}
	left := len(conns)
	for range 2*left + 2 { // one in two may be dropped
		sc, err := one(s.Picker)
		switch {
		case err == balancer.ErrNoSubConnAvailable:
			return false
		case err != nil:
			continue // dropped
		case sc.look != p.look:
			return false
		}
		sc.look = 0
		if left--; left == 0 {
			return true
		}
	}
	return false
}

// one makes one call and returns where it went.
func one(p balancer.Picker) (*subConn, error) {
	r, err := p.Pick(callInfo)
	if err != nil {
		return nil, err
	}
	if r.Done != nil {
		r.Done(callDone)
	}
	return r.SubConn.(*subConn), nil
}
