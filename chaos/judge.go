package main

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A window is a time from when to when.
type window struct{ from, to time.Time }

// disturb ends the time in which calls have a backend that is ready for sure.
func (p *player) disturb(now time.Time) {
	if !p.ready.IsZero() {
		p.quiets = append(p.quiets, window{p.ready, now})
	}
	p.ready = time.Time{}
}

// assured reports whether calls that began then, and ended by the other time,
// had a backend that was ready.
func (p *player) assured(began, ended time.Time) bool {
	for _, w := range p.quiets {
		if began.After(w.from) && ended.Before(w.to) {
			return true
		}
	}
	return !p.ready.IsZero() && began.After(p.ready)
}

const (
	// earlyBy is how long before its deadline a call may end for it: a server
	// reckons with a rounded one, and tells the client.
	earlyBy = 100 * time.Millisecond

	// lateBy is how long after its deadline a call may end.
	lateBy = 500 * time.Millisecond

	// stalledTooLong: if the process stood still for so long during a call, the
	// call may miss its deadline.
	stalledTooLong = 200 * time.Millisecond
)

// unexplained says why a call should not have failed as it did; "" if it could.
func (p *player) unexplained(o outcome) string {
	code := status.Code(o.err)
	switch {
	case code != codes.Unavailable && code != codes.DeadlineExceeded:
		return "only UNAVAILABLE and DEADLINE_EXCEEDED are allowed"
	case code == codes.DeadlineExceeded && o.ended.Before(o.deadline.Add(-earlyBy)):
		return "its deadline had not come"
	case o.ended.After(o.deadline.Add(lateBy + p.pulse.stalled(o.deadline, o.ended))):
		return "it hung past its deadline"
	case code == codes.DeadlineExceeded && p.pulse.stalled(o.began, o.ended) >= stalledTooLong:
		p.excused++
		return ""
	case o.server == "" && o.patient && code == codes.Unavailable:
		return "it waits for a backend and was sent to none"
	case o.server == "" && p.assured(o.began, o.ended):
		return "it was sent nowhere, and there were backends"
	case o.server == "":
		return ""
	}
	i, known := p.fleet.numberOf(o.server)
	if !known {
		return "it was sent to " + o.server + ", which is no backend"
	}
	if !slices.ContainsFunc(p.diary, func(e *entry) bool { return e.explains(i, o.began, o.ended) }) {
		return nameOf(i) + " had no outage"
	}
	return ""
}

// settling is how long after the end of an outage calls may still fail of it: the
// time that the news of a cut takes to reach the client's goroutines. It is a
// matter of milliseconds; on a loaded machine, with the race detector, of
// hundreds.
const settling = time.Second

// found is how long after the beginning of a black hole a connection in it may
// be taken for alive. See the package's doc.
const found = keepaliveTime + keepaliveTimeout

// explains reports whether a call to this server that was in flight from one time
// to the other may have failed of the fault, which is an outage then.
func (e *entry) explains(server int, began, ended time.Time) bool {
	to := e.ended
	if to.IsZero() {
		to = time.Now()
	}
	if known := e.began.Add(found); e.fault.kind == holed && to.After(known) {
		to = known
	}
	return e.server == server && e.fault.kind.takesAway() && !began.After(to.Add(settling)) && !ended.Before(e.began)
}

// complain notes a call that failed and should not have, with the faults of servers
// at the time.
func (p *player) complain(o outcome, why string) {
	var faults []string
	for _, e := range p.diary {
		if !e.began.After(o.ended) && (e.ended.IsZero() || !e.ended.Before(o.began.Add(-settling))) {
			faults = append(faults, fmt.Sprintf("%s %s from %s for %s", nameOf(e.server), kindNames[e.fault.kind], p.at(e.began), seconds(e.fault.lasts)))
		}
	}
	where := o.server
	if i, known := p.fleet.numberOf(o.server); known {
		where = nameOf(i)
	}
	p.wrong.add("call of caller %d to %q (streaming: %v, wait-for-ready: %v), from %s to %s: %v\n      but %s\n      faults: %q",
		o.caller+1, where, o.streaming, o.patient, p.at(o.began), p.at(o.ended), o.err, why, faults)
}

// faulty is a list of things that were not as promised. Of many the first few
// say it.
type faulty struct {
	first []string
	count int
}

// enough is how many are told.
const enough = 12

func (f *faulty) add(format string, args ...any) {
	if f.count++; f.count <= enough {
		f.first = append(f.first, fmt.Sprintf(format, args...))
	}
}

// lines returns what there is to tell.
func (f faulty) lines() []string {
	if more := f.count - len(f.first); more > 0 {
		return append(f.first, fmt.Sprintf("and %d more", more))
	}
	return f.first
}
