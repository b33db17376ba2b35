package main

import (
	"runtime"
	"runtime/metrics"
	"syscall"
	"time"
)

// A usage is what this process has used so far.
type usage struct {
	user, system time.Duration
	bytes        uint64 // allocated
	at           time.Time
}

func used() usage {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // can't fail with these arguments
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{time.Duration(r.Utime.Nano()), time.Duration(r.Stime.Nano()), m.TotalAlloc, time.Now()}
}

func (u usage) since(before usage) usage {
	return usage{user: u.user - before.user, system: u.system - before.system, bytes: u.bytes - before.bytes}
}

func (u usage) cpu() time.Duration { return u.user + u.system }

// rest waits until every other goroutine has been seen to be blocked five times.
func rest() {
	awake := []metrics.Sample{
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/runnable:goroutines"},
	}
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for calm := 0; calm < 5; calm++ {
		<-pause.C
		metrics.Read(awake)
		if awake[0].Value.Uint64()+awake[1].Value.Uint64() > 1 {
			calm = -1
		}
	}
}

// memory returns the bytes of the heap that are reachable, and of all stacks, once
// nothing runs. The second collection frees what pools kept.
func memory() uint64 {
	rest()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
