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
// of its own and ten READY backends: the heap and the goroutines of one of them
// when nothing goes on.
//
// The channels themselves and their connections to backends are stood in for,
// since they are gRPC's and the same for all. The connection to the balancer is
// gRPC's too, but it is the policy that decides how it is made. Both of its ends
// are in policy=nothing, which has one such call and one goroutine to read it.
func BenchmarkChannels(b *testing.B) {
	w := newWorld(b)
	for _, c := range []contender{ours(), peer(), nothing()} {
		b.Run("policy="+c.name, func(b *testing.B) {
			var of footprint
			for range b.N { // once is enough: benchmarks are run for longer by mistake only
				of = w.perChannel(c, manyChannels, backendsOfChannel)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(of.heap, "heap-B/channel")
			b.ReportMetric(of.stack, "stack-B/channel")
			b.ReportMetric(of.goroutines, "goroutines/channel")
		})
	}
}

// A footprint is what is there of a process when nothing goes on.
type footprint struct{ heap, stack, goroutines float64 }

func (m *meter) footprint() footprint {
	heap := m.liveHeap()
	return footprint{float64(heap), float64(m.stacks()), float64(runtime.NumGoroutine())}
}

// perChannel returns the live heap, stacks and goroutines of each of n policies
// with size backends.
func (w *world) perChannel(c contender, n, size int) footprint {
	m, list := newMeter(), servers(size, false)
	before := m.footprint()
	rigs := make([]*rig, n)
	for i := range rigs {
		rigs[i] = w.start(c, size, list, size)
		rigs[i].bringUp()
		before.heap += float64(rigs[i].parent.size())
	}
	now := m.footprint()
	for _, r := range rigs {
		r.close()
	}
	each := func(now, before float64) float64 { return (now - before) / float64(n) }
	return footprint{each(now.heap, before.heap), each(now.stack, before.stack), each(now.goroutines, before.goroutines)}
}

// goroutinesOfOurs is how many goroutines ours has beside those of policy=nothing,
// which has gRPC's for the call to the balancer, and one that reads it as ours
// has: the policy, the owner of the call, the retry timer's, the group's and the
// queue's; and gRPC's for the keepalive of the connection. A sender is there while
// something is sent.
const goroutinesOfOurs = 6

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
