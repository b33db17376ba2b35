package main

import (
	"fmt"
	"time"
)

// A diary is what has been done to the servers, and when. The player's goroutine
// uses it.
type diary struct {
	start   time.Time
	entries []*entry
}

// An entry is a fault that befell a server.
type entry struct {
	fault  fault
	server int       // what target came to
	began  time.Time // before anything was done
	until  time.Time // when it is to end
	ended  time.Time // after everything was put right; zero until then
}

// settling is how long after the end of an outage calls may still fail of it: the
// time that the news of a cut takes to reach the client's goroutines. It is a
// matter of milliseconds; on a loaded machine, with the race detector, of
// hundreds.
const settling = time.Second

// found is how long after the beginning of a black hole a connection in it may
// be taken for alive. See the package's doc.
const found = keepaliveTime + keepaliveTimeout

// outage returns from when to when calls may fail of the fault.
func (e *entry) outage() (from, to time.Time) {
	to = e.ended
	if to.IsZero() {
		to = time.Now()
	}
	if known := e.began.Add(found); e.fault.kind == holed && to.After(known) {
		to = known
	}
	return e.began, to.Add(settling)
}

// explains reports whether a call to this server that was in flight from one
// time to the other may have failed of an outage.
func (d *diary) explains(server int, began, ended time.Time) bool {
	for _, e := range d.entries {
		from, to := e.outage()
		if e.server == server && e.fault.kind.takesAway() && !began.After(to) && !ended.Before(from) {
			return true
		}
	}
	return false
}

// active returns the faults there were from one time to the other, to be read.
func (d *diary) active(from, to time.Time) (lines []string) {
	for _, e := range d.entries {
		if e.began.After(to) || !e.ended.IsZero() && e.ended.Before(from) {
			continue
		}
		end := "on"
		if !e.ended.IsZero() {
			end = d.at(e.ended)
		}
		lines = append(lines, fmt.Sprintf("%s %s (%s–%s)", nameOf(e.server), kindNames[e.fault.kind], d.at(e.began), end))
	}
	return lines
}

// at writes a time as seconds since the start.
func (d *diary) at(t time.Time) string { return fmt.Sprintf("%.3fs", t.Sub(d.start).Seconds()) }
