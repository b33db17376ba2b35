package main

import (
	"fmt"
	"io"
	"time"
)

// totals are of all phases.
type totals struct {
	calls, lists, faults, failed int
	excused                      int           // of those that failed, because the process stood still
	reported                     int64         // calls, by the load reports
	attempts                     int64         // of the channel: calls and transparent retries
	slowest                      time.Duration // that calls were back after
	broken                       bool          // a promise
}

// add takes over a phase, and prints it.
func (t *totals) add(w io.Writer, seed uint64, r result) {
	failed := 0
	for _, n := range r.record.codes {
		failed += n
	}
	t.calls += r.record.calls
	t.lists += r.lists
	t.faults += r.faults
	t.failed += failed
	fmt.Fprintf(w, "%-10s  %7d calls, %6d of them streaming, %7d failed %v; %4d lists, calls went by %d; %3d faults; %d calls in fallback; slowest %v; the process stood still for %v\n",
		r.phase, r.record.calls, r.record.streams, failed, r.record.codes, r.lists, len(r.record.lists), r.faults, r.record.fallback,
		r.record.slowest.Round(time.Millisecond), r.stalled.Round(time.Millisecond))
	t.complain(w, fmt.Sprintf("phase %s, seed %d", r.phase, seed), r.wrong)
}

// left notes what is left over and should not be.
func (t *totals) left(w io.Writer, what []string) { t.complain(w, "after the end", what) }

func (t *totals) complain(w io.Writer, where string, wrong []string) {
	if len(wrong) == 0 {
		return
	}
	t.broken = true
	fmt.Fprintf(w, "broken promise: %s\n", where)
	for _, line := range wrong {
		fmt.Fprintf(w, "  %s\n", line)
	}
}
