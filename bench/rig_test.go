package bench

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A world is what all contenders of a benchmark have in common.
type world struct {
	network  lbtest.Network
	balancer *lbtest.Balancer
}

// newWorld starts a balancer that allows the peer's pings, one in 20 s.
func newWorld(t testing.TB) *world {
	n := lbtest.NewMemory()
	return &world{n, lbtest.NewBalancer(t, n, grpc.KeepaliveEnforcementPolicy(
		keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))}
}

// A rig is one contender with its channel and its balancer.
type rig struct {
	parent *parent
	policy balancer.Balancer
	config serviceconfig.LoadBalancingConfig
	call   *lbtest.Call // nil if the contender makes none

	list  []*lbpb.Server // that it serves, or will
	plain resolver.State // the backends of list, if there is no call
	conns []*subConn     // behind the backends of list, in its order, drops left out
}

// start builds a contender that has yet to be given list, of size backends, and
// may make room SubConns. If it calls a balancer, it has done so, and has had
// its initial response.
func (w *world) start(c contender, size int, list []*lbpb.Server, room int) *rig {
	p := newParent(room)
	return w.startOn(p, p, c, size, list)
}

// startOn is start for a channel that has p in it.
func (w *world) startOn(cc balancer.ClientConn, p *parent, c contender, size int, list []*lbpb.Server) *rig {
	r := &rig{parent: p, list: list, conns: make([]*subConn, size)}
	for i := range size { // policies make them in the order of the list
		r.conns[i] = &p.made[i]
	}
	if c.config != "" {
		r.config = must(c.builder.(balancer.ConfigParser).ParseConfig([]byte(c.config)))
	}
	r.policy = c.builder.Build(cc, lbtest.BuildOptions(w.network))
	if !c.called {
		r.plain = endpoints(size)
		return r
	}
	r.resolve(state.Set(resolver.State{}, &state.State{BalancerAddresses: []resolver.Address{w.balancer.Address()}}))
	r.call = w.balancer.Next()
	r.call.Initial(0)
	return r
}

func (r *rig) resolve(s resolver.State) {
	if err := r.policy.UpdateClientConnState(balancer.ClientConnState{ResolverState: s, BalancerConfig: r.config}); err != nil {
		panic(err) // no contender refuses an update that has addresses
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// announce gives the contender its backends and returns when it has had all of
// them connect.
func (r *rig) announce() {
	complete := r.parent.expect(len(r.conns))
	if r.call != nil {
		r.call.Send(message(r.list))
	} else {
		r.resolve(r.plain)
		r.plain = resolver.State{}
	}
	if len(r.conns) > 0 {
		<-complete
	}
}

// bringUp gives the contender its backends, has all of them READY in one burst,
// and returns when a picker is out that sends calls to each.
func (r *rig) bringUp() {
	r.announce()
	burst(r.conns, connectivity.Connecting)
	burst(r.conns, connectivity.Ready)
	r.await()
}

// await waits until calls go to all backends.
func (r *rig) await() {
	for !r.parent.covers(r.conns) {
		<-r.parent.news
	}
}

// settle waits until calls go to all backends, by a picker that is not one of
// the first n, and nothing goes on any more. It stops m, which has to run.
func (r *rig) settle(m *meter, n int64) {
	for {
		m.rest()
		m.stop()
		if r.parent.published.Load() > n && r.parent.covers(r.conns) {
			return
		}
		m.start()
		<-r.parent.news
	}
}

func (r *rig) close() {
	r.policy.Close()
	if r.call != nil {
		<-r.call.Ended()
	}
}
