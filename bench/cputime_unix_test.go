//go:build unix && !linux

package bench

import (
	"syscall"
	"time"
)

// processorTime returns the time this process has spent on processors so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
