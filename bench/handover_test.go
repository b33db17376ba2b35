package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"
)

// BenchmarkHandover is a list that follows another one: with one entry that has
// a new address, with a new token for every entry, and with nothing but new
// addresses. New SubConns are READY at once. ns/op is the time from the
// balancer sending the list until the picker is out that sends calls to its
// backends and to no others; cpu-ns/op, B/op and allocs/op are what is used
// until nothing goes on any more; and subconns/op is how many were made.
//
// policy=nothing compares addresses with those before, makes the SubConns that
// are new, and publishes one picker.
func BenchmarkHandover(b *testing.B) {
	w := newWorld(b)
	for _, size := range []int{1000, 10_000} {
		for _, c := range []contender{ours(), peer(), nothing()} {
			b.Run(fmt.Sprintf("policy=%s/backends=%d", c.name, size), func(b *testing.B) {
				h := &handing{world: w, contender: c, size: size}
				b.Cleanup(h.end)
				for _, change := range changes {
					b.Run("change="+change.name, func(b *testing.B) { h.over(b, change) })
				}
			})
		}
	}
}

// A handing has a rig for one handover after the other. A rig that was given
// nothing but new addresses is not used again: its SubConns linger, which would
// make the next handover another one.
type handing struct {
	contender
	world *world
	size  int
	rig   *rig // nil before it is needed
	turn  int
}

func (h *handing) over(b *testing.B, c change) {
	m := newMeter()
	var took time.Duration
	var made, published int64
	for range b.N {
		h.begin()
		p := h.rig.parent
		madeBefore, publishedBefore := p.used.Load(), p.published.Load()
		took += h.rig.handover(c, h.turn, m)
		made += p.used.Load() - madeBefore
		published += p.published.Load() - publishedBefore
		h.turn++
		if c.name == "addresses" {
			h.end()
		}
	}
	n := float64(b.N)
	m.report(b, b.N)
	b.ReportMetric(float64(took)/n, "ns/op")
	b.ReportMetric(float64(made)/n, "subconns/op")
	b.ReportMetric(float64(published)/n, "pickers/op")
}

// begin brings a rig up if there is none. The backends go straight to READY: for
// each report grpc-go's grpclb goes through all of them.
func (h *handing) begin() {
	if h.rig == nil {
		h.rig = h.world.start(h.contender, h.size, servers(h.size, false), 3*h.size+spare)
		h.rig.announce()
		burst(h.rig.conns, connectivity.Ready)
		h.rig.await()
	}
}

// spare is room for the SubConns of handovers with one entry changed.
const spare = 100_000

func (h *handing) end() {
	if h.rig != nil {
		h.rig.close()
		h.rig = nil
	}
}

// handover gives the contender the next list and returns how long it took until
// its picker was out. m has the cost.
func (r *rig) handover(c change, turn int, m *meter) time.Duration {
	next := r.prepare(c, turn)
	published := r.parent.published.Load()
	m.begin()
	sent := time.Now()
	next.hand()
	r.settle(m, published)
	return r.parent.since(sent)
}

// A succession is the next list of a rig, ready to be sent.
type succession struct {
	rig   *rig
	list  *lbpb.LoadBalanceResponse
	fresh []*subConn // that it should have made
}

// prepare makes the list that follows r's.
func (r *rig) prepare(c change, turn int) succession {
	list, moved := c.next(r.list, turn)
	conns, used := slices.Clone(r.conns), r.parent.used.Load()
	fresh := make([]*subConn, len(moved))
	for i, place := range moved {
		fresh[i] = &r.parent.made[used+int64(i)]
		conns[place] = fresh[i]
	}
	r.list, r.conns = list, conns
	return succession{r, message(list), fresh}
}

// hand sends the list and has what is new become READY.
func (s succession) hand() {
	complete := s.rig.parent.expect(len(s.fresh))
	s.rig.call.Send(s.list)
	if len(s.fresh) > 0 {
		<-complete
		burst(s.fresh, connectivity.Connecting)
		burst(s.fresh, connectivity.Ready)
	}
}
