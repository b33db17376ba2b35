//go:build !linux

package bench

import (
	"runtime"
	"time"
)

// The clocks are Linux's. Elsewhere no processor time is reported.
func processorTime() time.Duration { return 0 }
func threadTime() time.Duration    { return 0 }

// nap lets others run.
func nap() { runtime.Gosched() }
