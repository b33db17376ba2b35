package bench

import (
	"runtime"
	"testing"
	"time"
)

// A busy watches how much of the processors a benchmark gets.
type busy struct {
	begin time.Time
	used  time.Duration // before it began
}

func startBusy() busy { return busy{time.Now(), processorTime()} }

// report adds the share of the processors that were to be used as busy, if the
// system says how long they were.
func (w busy) report(b *testing.B) {
	wall := time.Since(w.begin)
	used := processorTime() - w.used
	if used > 0 {
		n := min(runtime.GOMAXPROCS(0), runtime.NumCPU())
		b.ReportMetric(float64(used)/float64(wall)/float64(n), "busy")
	}
}
