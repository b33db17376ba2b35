package bench

import (
	"fmt"
	"runtime"
	"testing"

	"google.golang.org/grpc/balancer"
)

// BenchmarkPick is Pick and Done of an answered call, from every processor.
// Contenders take turns in the innermost loop, so that what disturbs the
// machine disturbs all of them.
//
// work=none has nothing between two picks. work=1us has a microsecond of work
// that touches nothing shared; there added-ns/op is the time by which the pick
// makes the work longer, which is what a program pays. busy is the share of the
// processors that the benchmark had: less than 1 means that something else was
// running, or that the contender waits for itself.
func BenchmarkPick(b *testing.B) {
	w := newWorld(b)
	for _, size := range []int{1, 10, 1000} {
		for _, drops := range []bool{false, true} {
			contenders := w.contenders(size, drops)
			for _, c := range contenders {
				b.Run(c.title("none"), func(sub *testing.B) { backToBack(sub, c.picker(b)) })
			}
			for _, c := range contenders {
				b.Run(c.title("1us"), func(sub *testing.B) { betweenWork(sub, c.picker(b)) })
			}
		}
	}
}

func (w *world) contenders(size int, drops bool) (all []*picking) {
	for _, c := range pickers() {
		if c.drops || !drops {
			all = append(all, &picking{contender: c, world: w, size: size, drops: drops})
		}
	}
	return all
}

func (p *picking) title(work string) string {
	return fmt.Sprintf("policy=%s/backends=%d/drops=%s/work=%s",
		p.name, p.size, map[bool]string{true: "yes", false: "no"}[p.drops], work)
}

// pick is one call, as a channel makes it.
func pick(p balancer.Picker) {
	r, err := p.Pick(callInfo)
	if err == nil && r.Done != nil {
		r.Done(callDone)
	}
	if err == balancer.ErrNoSubConnAvailable {
		panic("BUG: a pick that a channel would repeat")
	}
}

func backToBack(b *testing.B, p balancer.Picker) {
	b.ReportAllocs()
	b.ResetTimer()
	busy := startBusy()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			pick(p)
		}
	})
	busy.report(b)
}

// betweenWork measures short turns of the work with picks and without them,
// each b.N operations long. The medians put up with a turn that was disturbed.
func betweenWork(b *testing.B, p balancer.Picker) {
	steps := calibrated()
	alone := func(n int) {
		x := uint64(n)
		for range n {
			x = private(x, steps)
		}
		runtime.KeepAlive(x)
	}
	picking := func(n int) {
		x := uint64(n)
		for range n {
			pick(p)
			x = private(x, steps)
		}
		runtime.KeepAlive(x)
	}
	b.ResetTimer()
	busy := startBusy()
	var without, with, added []float64
	for range 20 {
		without = append(without, together(b.N, alone))
		with = append(with, together(b.N, picking))
		added = append(added, with[len(with)-1]-without[len(without)-1])
	}
	busy.report(b)
	b.ReportMetric(median(with), "ns/op")
	b.ReportMetric(median(without), "work-ns/op")
	b.ReportMetric(median(added), "added-ns/op")
}
