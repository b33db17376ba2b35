package bench

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	estats "google.golang.org/grpc/experimental/stats"
	"google.golang.org/grpc/resolver"
)

// A parent stands in for a channel and costs next to nothing: all its SubConns
// are allocated in advance, and a new picker is one store. lbtest.Parent
// records and checks, which is what tests need and benchmarks pay for.
//
// A policy has it from one goroutine at a time; what the harness's goroutine
// reads, it reads after connected or through an atomic.
type parent struct {
	balancer.ClientConn // nil: gRPC wants it embedded

	made     []subConn // policy → harness: read when connected
	used     int       // of made
	asked    atomic.Int64
	complete chan struct{} // closed when every SubConn was asked to connect

	state     atomic.Pointer[balancer.State]
	published atomic.Int64
	news      chan struct{} // holds one: there was an update since the last look

	look uint64 // number of the last call of covered
}

// newParent returns a parent for a policy that makes size SubConns.
func newParent(size int) *parent {
	p := &parent{
		made:     make([]subConn, size),
		complete: make(chan struct{}),
		news:     make(chan struct{}, 1),
	}
	if size == 0 {
		close(p.complete)
	}
	return p
}

func (p *parent) NewSubConn(_ []resolver.Address, o balancer.NewSubConnOptions) (balancer.SubConn, error) {
	sc := &p.made[p.used] // one too many panics, and should
	p.used++
	sc.parent, sc.listener = p, o.StateListener
	return sc, nil
}

func (p *parent) UpdateState(s balancer.State) {
	p.state.Store(&s)
	p.published.Add(1)
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *parent) ResolveNow(resolver.ResolveNowOptions)   {}
func (p *parent) Target() string                          { return "bench:///service.test" }
func (p *parent) MetricsRecorder() estats.MetricsRecorder { return discard{} }

type discard struct {
	estats.UnimplementedMetricsRecorder
}

// latest returns what was published last; a zero State if nothing was.
func (p *parent) latest() balancer.State {
	if s := p.state.Load(); s != nil {
		return *s
	}
	return balancer.State{}
}

// report tells the policy, as gRPC would, that every SubConn is in state.
func (p *parent) report(state connectivity.State) {
	news := balancer.SubConnState{ConnectivityState: state}
	for i := range p.made {
		p.made[i].report(news)
	}
}

// A subConn is a connection that does nothing.
type subConn struct {
	balancer.SubConn // nil: gRPC wants it embedded

	parent   *parent
	listener func(balancer.SubConnState)
	health   func(balancer.SubConnState) // of round_robin's children; else nil
	look     uint64                      // that it was last seen by
}

func (sc *subConn) Connect() {
	if sc.parent.asked.Add(1) == int64(len(sc.parent.made)) {
		close(sc.parent.complete)
	}
}

func (sc *subConn) Shutdown()                          {}
func (sc *subConn) UpdateAddresses([]resolver.Address) {}

func (sc *subConn) RegisterHealthListener(l func(balancer.SubConnState)) { sc.health = l }

// report tells the policy how sc stands. A channel without health checks
// reports READY to health listeners too.
func (sc *subConn) report(s balancer.SubConnState) {
	sc.listener(s)
	if sc.health != nil {
		sc.health(s)
	}
}
