package bench

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkBringUp is the time from the balancer sending a list until a picker
// is out that sends calls to every backend of it, all of them having become
// READY in one burst. cpu-ns/op is what that took on all processors, and
// pickers/op how many pickers were published. Building the policy, its call to
// the balancer and Close are not in it.
//
// policy=nothing is the cost of the harness, to be subtracted. For 10,000 the
// peer takes 8 s and 3 GB, and round_robin more than that. In `make bench` both
// are left out, and `make bench-large` has the peer.
func BenchmarkBringUp(b *testing.B) {
	w := newWorld(b)
	for _, size := range []int{10, 100, 1000, 10_000} {
		for _, c := range []contender{ours(), peer(), roundRobin(), nothing()} {
			b.Run(fmt.Sprintf("policy=%s/backends=%d", c.name, size), func(b *testing.B) {
				w.bringUps(b, c, size)
			})
		}
	}
}

func (w *world) bringUps(b *testing.B, c contender, size int) {
	list := servers(size, false)
	var published int64
	var used time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		r := w.start(c, size, list)
		b.StartTimer()
		before := processorTime() // starting and stopping the timer stops the world
		r.bringUp()
		used += processorTime() - before
		b.StopTimer()
		published += r.parent.published.Load()
		r.close()
		b.StartTimer()
	}
	b.ReportMetric(float64(published)/float64(b.N), "pickers/op")
	if used > 0 {
		b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
	}
}
