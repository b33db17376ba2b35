package bench

import (
	"runtime"
	"testing"

	"google.golang.org/grpc/connectivity"
)

const (
	manyChannels      = 1000
	backendsOfChannel = 10
)

// BenchmarkChannels is 1,000 policies in one process, each with a balancer call
// of its own and ten READY backends, all of them at once. heap-B/channel,
// stack-B/channel, memory-B/channel, which is both, and goroutines/channel are what
// one of them has when nothing goes on. up-cpu-ns/channel is what it takes to build one, call the balancer, get
// the list and have the backends READY; close-cpu-ns/channel is what Close takes,
// until nothing goes on any more.
//
// The channels themselves and their connections to backends are stood in for,
// since they are gRPC's and the same for all. The connection to the balancer is
// gRPC's too, but it is the policy that decides how it is made. Both of its ends
// are in policy=nothing, which has one such call and one goroutine to read it.
func BenchmarkChannels(b *testing.B) {
	w := newWorld(b)
	for _, c := range []contender{ours(), peer(), nothing()} {
		b.Run("policy="+c.name, func(b *testing.B) {
			var of channelCost
			for range b.N { // once is enough: benchmarks are run for longer by mistake only
				of = w.perChannel(c, manyChannels, backendsOfChannel)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(of.heap, "heap-B/channel")
			b.ReportMetric(of.stack, "stack-B/channel")
			b.ReportMetric(of.heap+of.stack, "memory-B/channel")
			b.ReportMetric(of.goroutines, "goroutines/channel")
			if processorTime() > 0 {
				b.ReportMetric(of.up, "up-cpu-ns/channel")
				b.ReportMetric(of.down, "close-cpu-ns/channel")
			}
		})
	}
}

// A footprint is what there is of a process when nothing goes on.
type footprint struct{ heap, stack, goroutines float64 }

func (m *meter) footprint() footprint {
	heap := m.liveHeap()
	return footprint{float64(heap), float64(m.stacks()), float64(runtime.NumGoroutine())}
}

// A channelCost is what a policy has while it is there, and what it takes to bring
// it up and to close it, in nanoseconds of processor time.
type channelCost struct {
	footprint
	up, down float64
}

// perChannel returns the cost of each of n policies with size backends.
func (w *world) perChannel(c contender, n, size int) channelCost {
	m, list := newMeter(), servers(size, false)
	before := m.footprint()
	rigs := make([]*rig, n)
	m.begin()
	for i := range rigs {
		rigs[i] = w.start(c, size, list, size)
	}
	for _, r := range rigs {
		r.bringUp()
		before.heap += float64(r.parent.size())
	}
	m.rest()
	m.stop()
	up, now := m.cpu, m.footprint()
	m.begin()
	for _, r := range rigs {
		r.close()
	}
	m.rest()
	m.stop()
	each := func(now, before float64) float64 { return (now - before) / float64(n) }
	return channelCost{
		footprint{each(now.heap, before.heap), each(now.stack, before.stack), each(now.goroutines, before.goroutines)},
		each(float64(up), 0), each(float64(m.cpu), float64(up)),
	}
}

// goroutinesOfOurs is how many goroutines ours has beside those of policy=nothing,
// which has gRPC's for the call to the balancer, and one that reads it as ours
// has: the policy, the owner of the call, the group's and the queue's; and gRPC's for the keepalive of the connection. A sender is there while
// something is sent.
const goroutinesOfOurs = 5

// However many backends there are, and however many changed their state.
func TestOurs_GoroutinesPerChannel(t *testing.T) {
	w := newWorld(t)
	floor := w.perChannel(nothing(), 3, 1).goroutines
	for _, size := range []int{1, 10, 1000} {
		if got := w.perChannel(ours(), 3, size).goroutines; got-floor != goroutinesOfOurs {
			t.Errorf("with %d backends: %v goroutines beside those of the policy that does nothing, want %d",
				size, got-floor, goroutinesOfOurs)
		}
	}
}

// Backends that come and go leave none behind.
func TestOurs_GoroutinesAfterFlapping(t *testing.T) {
	r := newWorld(t).start(ours(), 10, servers(10, false), 10)
	defer r.close()
	r.bringUp()
	m := newMeter()
	m.rest()
	before := runtime.NumGoroutine()
	for range 20 {
		burst(r.conns, connectivity.Idle)
		burst(r.conns, connectivity.Connecting)
		burst(r.conns, connectivity.Ready)
	}
	r.await()
	m.rest()
	if got := runtime.NumGoroutine(); got != before {
		t.Errorf("%d goroutines after backends came and went, want %d", got, before)
	}
}
