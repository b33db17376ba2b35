package lbtest

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
)

// maxCalls bounds the streams that the test has not asked for yet. More of them fail the test:
// the client loops.
const maxCalls = 4096

// A Balancer is a grpc.lb.v1 server that sends what the test wants. Each stream of a client is a
// [Call]. The test gets them from Next, in the order in which they arrived, and sends messages on
// them.
type Balancer struct {
	server *server
	calls  atomic.Int64 // how many arrived so far
	queue  chan *Call   // handlers → test
}

// NewBalancer starts a balancer on network and stops it when the test ends.
func NewBalancer(t testing.TB, network Network, options ...grpc.ServerOption) *Balancer {
	t.Helper()
	b := &Balancer{queue: make(chan *Call, maxCalls)}
	b.server = &server{t: t, network: network, options: append([]grpc.ServerOption{patient}, options...)}
	b.server.register = func(s *grpc.Server) {
		lbpb.RegisterLoadBalancerServer(s, &balancerService{balancer: b})
	}
	b.server.begin()
	t.Cleanup(b.Stop)
	return b
}

// patient lets the server of a balancer accept the pings of its clients, as
// lbserver.KeepaliveEnforcement does; gRPC's default is one in 5 min. An option of the test
// has precedence.
var patient = grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true})

// Addr returns where the balancer listens, an "ip:port".
func (b *Balancer) Addr() string { return b.server.addr }

// Address returns the same as a resolver would, without a server name.
func (b *Balancer) Address() resolver.Address { return resolver.Address{Addr: b.Addr()} }

// Next waits for the next stream, until its initial request has arrived. It fails the test after
// ten seconds.
func (b *Balancer) Next() *Call {
	b.server.t.Helper()
	return b.NextWithin(patience)
}

// NextWithin is Next for clients that back off for longer.
func (b *Balancer) NextWithin(limit time.Duration) *Call {
	b.server.t.Helper()
	return receive(b.server.t, b.queue, limit, "a call to the balancer")
}

// Calls returns how many streams have arrived so far, with an initial request.
func (b *Balancer) Calls() int { return int(b.calls.Load()) }

// Conns returns how many connections were made so far.
func (b *Balancer) Conns() int { return int(b.server.conns.Load()) }

// Open returns how many connections are open now.
func (b *Balancer) Open() int { return int(b.server.open.Load()) }

// Stop breaks all connections and stops listening. Streams end.
func (b *Balancer) Stop() { b.server.stop() }

// Restart listens at the same address again, after Stop or instead of it.
func (b *Balancer) Restart() {
	b.server.t.Helper()
	b.server.restart()
}

// Server returns the entry of a server list for a backend at addr, an
// "ip:port". It panics if addr is something else; for entries that a sane
// balancer would not send, make the message by hand.
func Server(addr, token string) *lbpb.Server {
	ap := netip.MustParseAddrPort(addr)
	return &lbpb.Server{
		IpAddress:        ap.Addr().AsSlice(),
		Port:             int32(ap.Port()),
		LoadBalanceToken: token,
	}
}

// Drop returns the entry that drops a call.
func Drop(token string) *lbpb.Server {
	return &lbpb.Server{LoadBalanceToken: token, Drop: true}
}
