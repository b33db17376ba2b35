package lbserver

import (
	"maps"
	"slices"
	"time"
)

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

// leaving begins a departure. A later one that is told meanwhile changes nothing.
func (o *owner) leaving(m leaving) {
	o.departed = append(o.departed, m.departed)
	if o.departure == nil {
		calls := slices.Collect(maps.Keys(o.registry.calls))
		o.departure = &departure{calls: calls, all: len(calls), begun: time.Now(), over: m.over}
	}
}

// depart ends the calls whose time to leave has come, and returns when it is next.
func (o *owner) depart(now time.Time) time.Time {
	if o.departure == nil {
		return time.Time{}
	}
	for _, c := range o.departure.due(now) {
		// One that has left by itself has nobody who would hear it.
		if o.registry.calls[c] != nil {
			o.registry.leave(c)
			c.end(errClosing)
		}
	}
	next := o.departure.next()
	if next.IsZero() {
		o.gone()
	}
	return next
}

// gone tells those who wait for the departure that it is over.
func (o *owner) gone() {
	for _, departed := range o.departed {
		close(departed)
	}
	o.departed = nil
}
