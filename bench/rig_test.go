package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A world is what all contenders of a benchmark have in common.
type world struct {
	network  lbtest.Network
	balancer *lbtest.Balancer
}

// newWorld starts a balancer, which puts up with the peer's pings, one in 20 s.
func newWorld(t testing.TB) *world {
	n := lbtest.NewMemory()
	return &world{n, lbtest.NewBalancer(t, n, grpc.KeepaliveEnforcementPolicy(
		keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))}
}

// servers is a list of size backends and, with drops, a drop entry after every
// third of them: one in four, but one in two for a single backend.
func servers(size int, drops bool) (list []*lbpb.Server) {
	for i := range size {
		list = append(list, lbtest.Server(fmt.Sprintf("10.200.%d.%d:8000", i>>8, i&255), fmt.Sprintf("token-%d", i)))
		if drops && (i%3 == 2 || i == size-1) {
			list = append(list, lbtest.Drop("rate"))
		}
	}
	return list
}

// A rig is one contender at work.
type rig struct {
	parent *parent
	policy balancer.Balancer
	call   *lbtest.Call // nil if the contender makes none
	list   *lbpb.LoadBalanceResponse
	plain  resolver.State // the backends of list, if there is no call
}

// start builds a contender that has yet to be given list, of size backends. If
// it calls a balancer, it has done so, and has had its initial response.
func (w *world) start(c contender, size int, list []*lbpb.Server) *rig {
	p := newParent(size)
	r := &rig{
		parent: p,
		policy: c.builder.Build(p, lbtest.BuildOptions(w.network)),
		list: &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
			ServerList: &lbpb.ServerList{Servers: list},
		}},
	}
	if !c.called {
		r.plain = endpoints(size)
		return r
	}
	r.resolve(state.Set(resolver.State{}, &state.State{BalancerAddresses: []resolver.Address{w.balancer.Address()}}))
	r.call = w.balancer.Next()
	r.call.Initial(0)
	return r
}

// endpoints is what a resolver finds for servers(size, false).
func endpoints(size int) (s resolver.State) {
	for i := range size {
		a := []resolver.Address{{Addr: fmt.Sprintf("10.200.%d.%d:8000", i>>8, i&255)}}
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: a})
	}
	return s
}

func (r *rig) resolve(s resolver.State) {
	if err := r.policy.UpdateClientConnState(balancer.ClientConnState{ResolverState: s}); err != nil {
		panic(err) // no contender refuses an update that has addresses
	}
}

// bringUp gives the contender its backends, has all of them READY in one burst,
// and returns when a picker is out that sends calls to each.
func (r *rig) bringUp() {
	if r.call != nil {
		r.call.Send(r.list)
	} else {
		r.resolve(r.plain)
	}
	<-r.parent.complete
	r.parent.report(connectivity.Connecting)
	r.parent.report(connectivity.Ready)
	for !r.parent.covered() {
		<-r.parent.news
	}
}

func (r *rig) close() {
	r.policy.Close()
	if r.call != nil {
		<-r.call.Ended()
	}
}

// What every call is, and how every call ends.
var (
	callInfo = balancer.PickInfo{FullMethodName: "/grpc.testing.TestService/UnaryCall", Ctx: context.Background()}
	callDone = balancer.DoneInfo{BytesSent: true, BytesReceived: true}
)

// covered reports whether the latest picker sends calls to every SubConn. It
// stops at the first that comes round again, so a picker of k backends costs
// k+1 picks.
func (p *parent) covered() bool {
	s := p.latest()
	if s.ConnectivityState != connectivity.Ready {
		return false
	}
	if _, is := s.Picker.(*bareAdd); is || len(p.made) == 0 {
		return true
	}
	p.look++
	left := len(p.made)
	for range 2*left + 2 { // one in two may be dropped
		r, err := s.Picker.Pick(callInfo)
		if err == balancer.ErrNoSubConnAvailable {
			return false
		}
		if err != nil {
			continue // dropped
		}
		if r.Done != nil {
			r.Done(callDone)
		}
		sc := r.SubConn.(*subConn)
		if sc.look == p.look {
			return false
		}
		sc.look = p.look
		if left--; left == 0 {
			return true
		}
	}
	return false
}
