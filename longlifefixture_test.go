package grpclb

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing/synctest"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	estats "google.golang.org/grpc/experimental/stats"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A footprint is what there is of a policy.
type footprint struct {
	counted
	heap int // bytes, once the garbage is gone
}

// counted is the part of it that has to be the same to the last one. That
// timers are gone shows in the goroutines: each has one that waits for it.
type counted struct {
	goroutines  int
	subConns    int // in the pool
	alive       int // of those gRPC made
	lingering   int
	ready       int
	generations int // that have not drained
	waiting     int // calls
	connections int // to the balancer
}

func (l *life) footprint() footprint {
	synctest.Wait()
	heap := heapInUse()
	group := l.group.Stats()
	return footprint{counted{
		goroutines:  runtime.NumGoroutine(), // those that have ended are gone since the collection
		subConns:    group.SubConns,
		alive:       int(l.parent.alive.Load()),
		lingering:   group.Lingering,
		ready:       group.Ready,
		generations: int(group.Generations - group.Drained),
		waiting:     l.queue.Stats().Depth,
		connections: l.lb.Open(),
	}, heap}
}

func heapInUse() int {
	var m runtime.MemStats
	for range 3 { // pools keep things for two
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// channelOfAges is a channel that remembers nothing but its latest picker, and
// whose connections are READY as soon as they are asked to be.
type channelOfAges struct {
	balancer.ClientConn
	picker atomic.Pointer[balancer.Picker]
	alive  atomic.Int64 // SubConns that are not shut down
}

func (c *channelOfAges) UpdateState(s balancer.State) { c.picker.Store(&s.Picker) }

func (c *channelOfAges) ResolveNow(resolver.ResolveNowOptions) {}

// MetricsRecorder returns one that forgets what it is told.
func (c *channelOfAges) MetricsRecorder() estats.MetricsRecorder {
	return new(lbtest.Parent).MetricsRecorder()
}

func (c *channelOfAges) pick(ctx context.Context) (balancer.PickResult, error) {
	return (*c.picker.Load()).Pick(balancer.PickInfo{Ctx: ctx})
}

func (c *channelOfAges) NewSubConn(_ []resolver.Address, o balancer.NewSubConnOptions) (balancer.SubConn, error) {
	c.alive.Add(1)
	return &eager{channel: c, tell: o.StateListener}, nil
}

type eager struct {
	balancer.SubConn
	channel *channelOfAges
	tell    func(balancer.SubConnState)
}

func (e *eager) Connect() {
	e.tell(balancer.SubConnState{ConnectivityState: connectivity.Connecting})
	e.tell(balancer.SubConnState{ConnectivityState: connectivity.Ready})
}

// RegisterHealthListener finds it well, as gRPC does where health is not checked.
func (e *eager) RegisterHealthListener(listener func(balancer.SubConnState)) {
	listener(balancer.SubConnState{ConnectivityState: connectivity.Ready})
}

func (e *eager) Shutdown() { e.channel.alive.Add(-1) }
