package bench

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/connectivity"
)

const manyCalls = 100_000

// BenchmarkParked is 100,000 calls that wait for the first list, and go to its
// backends. The goroutines of the calls are there beforehand: park-cpu-ns/call is from
// when they may ask for a picker until all wait and nothing goes on; release-cpu-ns/call is from before the list until all calls are over.
// parked-B/call is the heap that is reachable and the stacks that are in use while
// they wait. wakes/call is how often a call was woken to ask another picker, and
// needless/op is how many pickers woke them for nothing: zero means that all calls
// were released by one publish.
//
// A call is a goroutine with a context, as gRPC has them, that asks each new
// picker until one has somewhere to send it. That, and one picker, is all there
// is with policy=nothing: gRPC's own part, as far as it is about waiting. What
// gRPC does for a call before and after is in none of the figures.
func BenchmarkParked(b *testing.B) {
	w := newWorld(b)
	for _, size := range []int{1, 10} {
		for _, c := range []contender{ours(), peer(), nothing()} {
			b.Run(fmt.Sprintf("policy=%s/backends=%d/calls=%d", c.name, size, manyCalls), func(b *testing.B) {
				w.parks(b, c, size)
			})
		}
	}
}

func (w *world) parks(b *testing.B, c contender, size int) {
	var sum parking
	for range b.N {
		sum.add(w.park(c, size, manyCalls))
	}
	calls := float64(b.N * manyCalls)
	b.ReportMetric(0, "ns/op")
	if processorTime() > 0 {
		b.ReportMetric(float64(sum.park)/calls, "park-cpu-ns/call")
		b.ReportMetric(float64(sum.release)/calls, "release-cpu-ns/call")
	}
	b.ReportMetric(float64(sum.memory)/calls, "parked-B/call")
	b.ReportMetric(float64(sum.wakes)/calls, "wakes/call")
	b.ReportMetric(float64(sum.needless)/float64(b.N), "needless/op")
}

// A parking is the cost of calls that waited, all of them together.
type parking struct {
	wakes, needless int64
	memory          int64         // in bytes, while they wait
	park, release   time.Duration // on processors
}

func (p *parking) add(q parking) {
	p.wakes, p.needless, p.memory = p.wakes+q.wakes, p.needless+q.needless, p.memory+q.memory
	p.park, p.release = p.park+q.park, p.release+q.release
}

// park has n calls wait for the first list of a policy, of size backends.
func (w *world) park(c contender, size, n int) parking {
	p := newParent(size)
	room := newWaitingRoom(p, n)
	r := w.startOn(room, p, c, size, servers(size, false))
	defer r.close()
	m := newMeter()
	before := m.liveHeap() + m.stacks()

	room.enter(n)
	m.begin()
	close(room.door)
	m.rest()
	m.stop()
	park := m.cpu
	stacks := m.stacks() // now: a garbage collection would shrink them
	memory := m.liveHeap() + stacks - before
	wakes, needless := room.wakes.Load(), room.needless.Load()
	m.start()
	r.announce()
	m.rest() // what happens to a backend takes longer than for calls to see that it is not READY
	burst(r.conns, connectivity.Connecting)
	m.rest()
	burst(r.conns, connectivity.Ready)
	room.picked.Wait()
	m.rest()
	close(room.answer)
	room.over.Wait()
	m.rest()
	m.stop()
	return parking{
		wakes: room.wakes.Load() - wakes, needless: room.needless.Load() - needless,
		memory: int64(memory), park: park, release: m.cpu - park,
	}
}

// The first picker that has a backend releases all calls, and nothing wakes
// them before.
func TestOurs_ReleasesParkedCallsInOnePublish(t *testing.T) {
	const backends, calls = 10, 2000
	got := newWorld(t).park(ours(), backends, calls)
	if got.needless != 0 || got.wakes != calls {
		t.Errorf("%d parked calls were woken %d times, and by %d pickers for nothing, want once each", calls, got.wakes, got.needless)
	}
}
