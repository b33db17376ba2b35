package bench

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/connectivity"
)

// What has to be O(n), counted: in a bubble nothing takes time, so the counts
// are those of the events and not of the machine.

// upIn is a rig of ours, brought up in a bubble.
func upIn(t *testing.T, size, room int) *rig {
	r := newWorld(t).start(ours(), size, servers(size, false), room)
	t.Cleanup(r.close)
	r.bringUp()
	synctest.Wait()
	return r
}

// The picker that has calls wait, that of the first READY backend, and that of
// all: however many there are. All may be READY by the time of the first.
func TestOurs_BurstPublishesAtMostThreePickers(t *testing.T) {
	for _, size := range []int{1000, 4000} {
		synctest.Test(t, func(t *testing.T) {
			if got := upIn(t, size, size).parent.published.Load(); got > 3 {
				t.Errorf("%d backends: %d pickers, want at most 3", size, got)
			}
		})
	}
}

// The time to bring n backends up grows with n, and so does the time between
// two pickers. What is left is 250 of them, those of the burst, and one for
// where the two do not fall together.
func TestOurs_TricklePublishesNoMoreForMoreBackends(t *testing.T) {
	const most = 254
	for _, size := range []int{1000, 4000} {
		synctest.Test(t, func(t *testing.T) {
			r := newWorld(t).start(ours(), size, servers(size, false), size)
			defer r.close()
			r.announce()
			burst(r.conns, connectivity.Connecting)
			for _, sc := range r.conns {
				time.Sleep(interval)
				sc.report(connectivity.Ready)
			}
			r.await()
			if got := r.parent.published.Load(); got > most {
				t.Errorf("%d backends: %d pickers, want at most %d", size, got, most)
			}
		})
	}
}

// One entry, no entry and every entry with a new address: that many SubConns,
// and at most a picker for the first READY ones and one for what became READY
// since.
func TestOurs_HandoverMakesWhatIsNew(t *testing.T) {
	const size = 1000
	want := map[string]struct{ made, most int64 }{
		"one":       {1, 2},
		"tokens":    {0, 1},
		"addresses": {size, 2},
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := upIn(t, size, 2*size)
				made, published := r.parent.used.Load(), r.parent.published.Load()
				next := r.prepare(c, 0)
				next.hand()
				synctest.Wait()
				r.await()
				if got := r.parent.used.Load() - made; got != want[c.name].made {
					t.Errorf("%d SubConns were made, want %d", got, want[c.name].made)
				}
				if got := r.parent.published.Load() - published; got > want[c.name].most {
					t.Errorf("%d pickers, want at most %d", got, want[c.name].most)
				}
			})
		})
	}
}

// Twice of what was allocated a backend when this was written, the harness
// included. What is not linear would be far above.
func TestOurs_BytesAreLinear(t *testing.T) {
	const size = 4000
	most := map[string]uint64{"first": 4000, "one": 2000, "tokens": 2000, "addresses": 4000}
	check := func(what string, bytes uint64) {
		t.Helper()
		if got := bytes / size; got > most[what] {
			t.Errorf("%s: %d bytes a backend, want at most %d", what, got, most[what])
		}
	}
	for _, c := range changes {
		synctest.Test(t, func(t *testing.T) {
			r := newWorld(t).start(ours(), size, servers(size, false), 2*size)
			defer r.close()
			check("first", allocated(func() { r.bringUp(); synctest.Wait() }))
			next := r.prepare(c, 0)
			check(c.name, allocated(func() { next.hand(); synctest.Wait(); r.await() }))
		})
	}
}

// allocated returns the bytes that are allocated while f runs.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
