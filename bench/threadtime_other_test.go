//go:build !linux

package bench

import (
	"runtime"
	"time"
)

var began = time.Now()

// threadTime stands in for the time that this thread has spent on processors:
// it is used around waiting only, which is done by spinning here.
func threadTime() time.Duration { return time.Since(began) }

// nap lets others run.
func nap() { runtime.Gosched() }
