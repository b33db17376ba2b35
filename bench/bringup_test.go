package bench

import (
	"fmt"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"
)

// BenchmarkBringUp is a first list, all of whose backends become READY in one
// burst. ns/op is the time from the balancer sending the list until the picker
// is out that sends calls to every backend; cpu-ns/op, B/op and allocs/op are
// what is used until nothing goes on any more, on all processors; pickers/op is
// how many pickers were published; and, from 1,000 backends on, heap-B/backend
// is what of it all is reachable before the first call, and called-heap-B/backend
// after a call to each backend. Building the policy, its call to the balancer and
// Close are not in it.
//
// policy=nothing is the cost of the harness, to be subtracted. For 10,000 the
// peer takes 8 s and more, and 3 GB.
func BenchmarkBringUp(b *testing.B) { bringUps(b, inOneBurst, true) }

// BenchmarkTrickle is BenchmarkBringUp where all backends are CONNECTING at
// once, and then one READY every 50 µs, or as soon after the one before as the
// policy lets it report.
func BenchmarkTrickle(b *testing.B) { bringUps(b, oneByOne, false) }

// A readying has the backends of a rig become READY.
type readying func([]*subConn, *meter)

func inOneBurst(conns []*subConn, _ *meter) { burst(conns, connectivity.Ready) }

// interval is the time between two backends that trickle.
const interval = 50 * time.Microsecond

func oneByOne(conns []*subConn, m *meter) {
	due := time.Now()
	for _, sc := range conns {
		due = due.Add(interval)
		m.until(due)
		sc.report(connectivity.Ready)
	}
}

func bringUps(b *testing.B, up readying, heap bool) {
	w := newWorld(b)
	for _, size := range []int{10, 1000, 10_000} {
		for _, c := range []contender{ours(), peer(), nothing()} {
			b.Run(fmt.Sprintf("policy=%s/backends=%d", c.name, size), func(b *testing.B) {
				w.bringUps(b, c, size, up, heap && size >= 1000)
			})
		}
	}
}

func (w *world) bringUps(b *testing.B, c contender, size int, up readying, heap bool) {
	m, list := newMeter(), servers(size, false)
	w.warm(list)
	var took time.Duration
	var published int64
	for i := range b.N {
		last := heap && i == b.N-1
		var before uint64
		if last {
			before = m.liveHeap()
		}
		r := w.start(c, size, list, size)
		before += r.parent.size()
		grown := func() float64 { return float64(int64(m.liveHeap()-before)) / float64(size) }
		var atRest func()
		if last {
			atRest = func() { b.ReportMetric(grown(), "heap-B/backend") }
		}
		took += r.measure(up, m, atRest)
		if last {
			b.ReportMetric(grown(), "called-heap-B/backend")
		}
		published += r.parent.published.Load()
		r.close()
	}
	m.report(b, b.N)
	b.ReportMetric(float64(took)/float64(b.N), "ns/op")
	b.ReportMetric(float64(published)/float64(b.N), "pickers/op")
}

// warm has a list of this length sent once, so that the first contender does not
// pay for what gRPC keeps.
func (w *world) warm(list []*lbpb.Server) {
	r := w.start(nothing(), len(list), list, len(list))
	r.bringUp()
	r.close()
}

// measure brings the contender up and returns how long it took until its picker
// was out. m has the cost. If there is an atRest, it is called when no more pickers
// are to come, before the first call.
func (r *rig) measure(up readying, m *meter, atRest func()) time.Duration {
	m.begin()
	sent := time.Now()
	r.announce()
	burst(r.conns, connectivity.Connecting)
	up(r.conns, m)
	for published := int64(-1); atRest != nil && published != r.parent.published.Load(); {
		published = r.parent.published.Load()
		m.rest()
		m.until(time.Now().Add(10 * time.Millisecond)) // ours has at most 2 ms between pickers
		m.rest()
	}
	if atRest != nil {
		m.stop()
		atRest()
		m.start()
	}
	r.settle(m, 0)
	return r.parent.since(sent)
}
