package bench

import (
	"sync/atomic"
	"time"
	"unsafe"

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

	made     []subConn    // room for all there will be; policy → harness, read when asked
	used     atomic.Int64 // of made
	asked    atomic.Int64 // of these, how many were asked to connect
	awaited  atomic.Int64 // value of asked that completes
	complete chan struct{}

	state     atomic.Pointer[balancer.State]
	published atomic.Int64
	at        atomic.Int64  // when it was published last, in Unix nanoseconds
	news      chan struct{} // holds one: there was an update since the last look

	look uint64 // number of the last call of covers

	recorder estats.MetricsRecorder // of metrics; nil: none
}

// newParent returns a parent for a policy that makes up to room SubConns.
func newParent(room int) *parent {
	return &parent{
		made:     make([]subConn, room),
		complete: make(chan struct{}, 1),
		news:     make(chan struct{}, 1),
	}
}

// expect has n more SubConns complete the set. If n is not zero, what it
// returns yields once when they have been asked to connect.
func (p *parent) expect(n int) <-chan struct{} {
	p.awaited.Store(p.asked.Load() + int64(n))
	return p.complete
}

func (p *parent) NewSubConn(a []resolver.Address, o balancer.NewSubConnOptions) (balancer.SubConn, error) {
	sc := &p.made[p.used.Add(1)-1] // one too many panics, and should
	sc.parent, sc.listener, sc.addr = p, o.StateListener, a[0].Addr
	return sc, nil
}

func (p *parent) UpdateState(s balancer.State) {
	p.state.Store(&s)
	p.published.Add(1)
	p.at.Store(time.Now().UnixNano())
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *parent) ResolveNow(resolver.ResolveNowOptions) {}
func (p *parent) Target() string                        { return "bench:///service.test" }

func (p *parent) MetricsRecorder() estats.MetricsRecorder {
	if p.recorder != nil {
		return p.recorder
	}
	return discard{}
}

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

// since returns how long after t the latest picker was published.
func (p *parent) since(t time.Time) time.Duration { return time.Unix(0, p.at.Load()).Sub(t) }

// size returns the bytes that p's SubConns take, which is no policy's doing.
func (p *parent) size() uint64 { return uint64(len(p.made)) * uint64(unsafe.Sizeof(subConn{})) }

// A subConn is a connection that does nothing.
type subConn struct {
	balancer.SubConn // nil: gRPC wants it embedded

	parent   *parent
	listener func(balancer.SubConnState)
	addr     string // empty from the policy that does nothing
	asked    bool   // to connect
	look     uint64 // that is to see it next
}

func (sc *subConn) Connect() {
	if sc.asked {
		return
	}
	sc.asked = true
	if p := sc.parent; p.asked.Add(1) == p.awaited.Load() {
		p.complete <- struct{}{}
	}
}

func (sc *subConn) Shutdown()                          {}
func (sc *subConn) UpdateAddresses([]resolver.Address) {}

// RegisterHealthListener is called by pick_first, the child of gRPC's policies, once
// sc is READY. A channel without health checks says READY at once. pick_first
// holds its lock here and takes it there.
func (sc *subConn) RegisterHealthListener(l func(balancer.SubConnState)) {
	go l(balancer.SubConnState{ConnectivityState: connectivity.Ready})
}

// report tells the policy, as gRPC would, that sc is in a state.
func (sc *subConn) report(state connectivity.State) {
	sc.listener(balancer.SubConnState{ConnectivityState: state})
}

// burst is report for many at once.
func burst(conns []*subConn, state connectivity.State) {
	for _, sc := range conns {
		sc.report(state)
	}
}
