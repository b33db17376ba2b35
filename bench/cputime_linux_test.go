package bench

import (
	"syscall"
	"time"
	"unsafe"
)

// The clocks of clock_gettime(2), which are finer than getrusage and up to date
// for the thread that asks.
const (
	processClock = 2
	threadClock  = 3
)

// processorTime returns the time this process has spent on processors so far.
// Of threads that run just now it may lack up to a tick of the kernel.
func processorTime() time.Duration { return clock(processClock) }

// threadTime is processorTime of the calling thread alone.
func threadTime() time.Duration { return clock(threadClock) }

func clock(id uintptr) time.Duration {
	var t syscall.Timespec
	if _, _, e := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&t)), 0); e != 0 {
		return 0
	}
	return time.Duration(t.Nano())
}

// nap gives the processor away for about 100 µs. A timer of Go's would take a
// millisecond.
func nap() {
	t := syscall.NsecToTimespec(int64(50 * time.Microsecond))
	_ = syscall.Nanosleep(&t, nil) // shorter if a signal comes, which is fine
}
