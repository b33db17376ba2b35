package bench

import (
	"runtime"
	"testing"
	"time"
)

// What is used while the meter runs is in it, what the harness uses to wait is
// not. The margins are wide: this is about which of the two it is.
func TestMeter_CountsWorkAndNotWaiting(t *testing.T) {
	if processorTime() == 0 {
		return // it is not known here
	}
	work, wait := newMeter(), newMeter()
	work.start()
	for before := threadTime(); threadTime()-before < 20*time.Millisecond; {
		runtime.KeepAlive(private(1, 1000))
	}
	work.stop()
	wait.start()
	wait.until(time.Now().Add(20 * time.Millisecond))
	wait.stop()
	if work.cpu < 2*wait.cpu {
		t.Errorf("20 ms of work cost %v, 20 ms of waiting %v", work.cpu, wait.cpu)
	}
}

// Nobody is left at work when rest returns.
func TestMeter_RestWaitsForOthers(t *testing.T) {
	m, done := newMeter(), make(chan struct{})
	go func() {
		for range 1000 {
			runtime.KeepAlive(private(1, 1000))
			runtime.Gosched()
		}
		close(done)
	}()
	m.rest()
	select {
	case <-done:
	default:
		t.Error("rest returned while a goroutine was at work")
	}
}

func TestMeter_CountsMemory(t *testing.T) {
	m := newMeter()
	for range 2 {
		m.start()
		sink = make([]byte, 1<<20)
		m.stop()
		sink = make([]byte, 1<<20)
	}
	if m.bytes < 2<<20 || m.bytes >= 3<<20 {
		t.Errorf("%d bytes were counted, want two of the four MiB", m.bytes)
	}
}

var sink []byte
