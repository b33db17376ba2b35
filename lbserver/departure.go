package lbserver

import "time"

// A departure is calls that are ended one after another, evenly over a time. It is an
// ordinary value: now is a parameter.
type departure struct {
	calls []*call // those that have not been ended, in the order in which they will be
	all   int     // how many there were
	begun time.Time
	over  time.Duration
}

// due returns the calls to end by now. They are no longer part of the departure.
func (d *departure) due(now time.Time) []*call {
	n := d.all
	if elapsed := now.Sub(d.begun); elapsed < d.over {
		n = int(float64(d.all) * float64(elapsed) / float64(d.over))
	}
	n = max(n-(d.all-len(d.calls)), 0)
	due := d.calls[:n]
	d.calls = d.calls[n:]
	return due
}

// next returns when a call is due again; zero: all have been ended.
func (d *departure) next() time.Time {
	if len(d.calls) == 0 {
		return time.Time{}
	}
	n := d.all - len(d.calls) + 1
	// A nanosecond more, so that rounding does not make it too early.
	return d.begun.Add(time.Duration(float64(d.over)*float64(n)/float64(d.all)) + 1)
}
