package bench

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/connectivity"
)

// BenchmarkHosted is ours with least_request as its child policy.
//
// change=list: a list of 20,000 backends follows one of as many others, and one of
// its backends becomes READY, beside ours with its own rotation (policy=own). Not
// all become READY: least_request makes a picker of all for each one that does,
// which would take minutes with and without ours.
//
// change=ready: of 1,000 backends 900 are READY, and the others become READY one
// after the other, beside least_request without ours (policy=child). The figures
// are for one of them.
func BenchmarkHosted(b *testing.B) {
	w := newWorld(b)
	for _, s := range []struct {
		change     string
		backends   int
		contenders []contender
		measure    func(*rig, *meter) int
	}{
		{"list", 20_000, []contender{hosting(), own()}, (*rig).replaceList},
		{"ready", 1000, []contender{hosting(), child()}, (*rig).oneReadyMore},
	} {
		for _, c := range s.contenders {
			b.Run(fmt.Sprintf("policy=%s/backends=%d/change=%s", c.name, s.backends, s.change), func(b *testing.B) {
				m, n := newMeter(), 0
				for range b.N {
					r := w.start(c, s.backends, servers(s.backends, false), 2*s.backends)
					n += s.measure(r, m)
					r.close()
				}
				b.ReportMetric(0, "ns/op")
				m.report(b, n)
			})
		}
	}
}

// replaceList has r's list replaced by one of other backends, and says how often.
func (r *rig) replaceList(m *meter) int {
	r.announce()
	r.conns[0].report(connectivity.Connecting)
	r.ready(m, r.conns[0])
	next := r.prepare(change{next: allAddresses}, 0)
	m.begin()
	complete := r.parent.expect(len(next.fresh))
	r.call.Send(next.list)
	<-complete
	next.fresh[0].report(connectivity.Connecting)
	r.ready(m, next.fresh[0])
	return 1
}

// oneReadyMore brings up nine in ten of r's backends, then the others one by one,
// and says how many those are.
func (r *rig) oneReadyMore(m *meter) int {
	r.announce()
	burst(r.conns, connectivity.Connecting)
	first := len(r.conns) * 9 / 10
	burst(r.conns[:first], connectivity.Ready)
	m.begin()
	for _, sc := range r.conns[first:] {
		m.start()
		r.ready(m, sc)
	}
	return len(r.conns) - first
}

// ready has sc become READY and waits until nothing goes on any more. It stops m
// if it runs, and checks that calls go to sc.
func (r *rig) ready(m *meter, sc *subConn) {
	sc.report(connectivity.Ready)
	m.rest()
	if m.running {
		m.stop()
	}
	if !r.goesTo(sc) {
		panic("BUG: no call goes to a backend that is READY")
	}
}

// goesTo reports whether the latest picker sends calls to sc. least_request picks
// at random, so it is asked often.
func (r *rig) goesTo(sc *subConn) bool {
	for range 100_000 {
		if got, err := one(r.parent.latest().Picker); err == nil && got == sc {
			return true
		}
	}
	return false
}
