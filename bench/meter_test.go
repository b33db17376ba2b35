package bench

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// A meter adds up what the whole process uses while it runs: processor time,
// memory and the garbage collector's part in both. What the harness uses to
// wait is not in it. One goroutine uses it.
type meter struct {
	cpu           time.Duration
	bytes, allocs uint64 // allocated

	running      bool
	cpuBefore    time.Duration
	memoryBefore runtime.MemStats
	awake        []metrics.Sample // goroutines that run or could
}

func newMeter() *meter {
	return &meter{awake: []metrics.Sample{
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/runnable:goroutines"},
	}}
}

// begin is start for something new: what was used before is not its concern.
func (m *meter) begin() {
	m.rest()
	runtime.GC()
	m.start()
}

func (m *meter) start() {
	runtime.ReadMemStats(&m.memoryBefore)
	m.running, m.cpuBefore = true, processorTime()
}

// stop may be called when nothing runs: see processorTime.
func (m *meter) stop() {
	m.cpu += processorTime() - m.cpuBefore
	m.running = false
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	m.bytes += now.TotalAlloc - m.memoryBefore.TotalAlloc
	m.allocs += now.Mallocs - m.memoryBefore.Mallocs
}

// rest waits until every goroutine but the caller's is blocked, the garbage
// collector's included. The runtime counts them without stopping anything, so
// they have to be seen so several times.
func (m *meter) rest() {
	const enough = 3
	m.free(func() {
		for calm := 0; calm < enough; calm++ {
			nap()
			metrics.Read(m.awake)
			if m.awake[0].Value.Uint64()+m.awake[1].Value.Uint64() > 1 {
				calm = -1
			}
		}
	})
}

// until spins until t, which is more exact than any sleep.
func (m *meter) until(t time.Time) {
	if !time.Now().Before(t) {
		return
	}
	m.free(func() {
		for time.Now().Before(t) {
		}
	})
}

// free runs f, which must not leave its thread, and does not count it.
func (m *meter) free(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	f()
	if m.running {
		m.cpu -= threadTime() - before
	}
}

// report says what n of whatever was measured have used each.
func (m *meter) report(b *testing.B, n int) {
	b.ReportAllocs() // else the testing package would not show them
	if processorTime() > 0 {
		b.ReportMetric(float64(m.cpu)/float64(n), "cpu-ns/op")
	}
	b.ReportMetric(float64(m.bytes)/float64(n), "B/op")
	b.ReportMetric(float64(m.allocs)/float64(n), "allocs/op")
}

// liveHeap returns the bytes that are reachable once nothing runs. The second
// collection frees what the first one's finalizers let go.
func (m *meter) liveHeap() uint64 {
	m.rest()
	runtime.GC()
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}

// stacks returns the bytes of all goroutines' stacks.
func (m *meter) stacks() uint64 {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.StackInuse
}
