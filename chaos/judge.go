package main

import (
	"fmt"
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

	// stalledTooLong is for how long the process may stand still in the second of
	// a call. More, and the call may miss its deadline for that.
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
	if !p.diary.explains(i, o.began, o.ended) {
		return nameOf(i) + " had no outage"
	}
	return ""
}

// complain notes a call that failed and should not have, with what was wrong
// with the servers at the time.
func (p *player) complain(o outcome, why string) {
	if p.wrong.count >= enough {
		p.wrong.add("") // it is only counted
		return
	}
	p.wrong.add("%s\n      faults: %q", p.describe(o, why), p.diary.active(o.began.Add(-settling), o.ended))
}

func (p *player) describe(o outcome, why string) string {
	kind := "unary"
	if o.streaming {
		kind = "streaming"
	}
	if o.patient {
		kind += " wait-for-ready"
	}
	where := "nowhere"
	if o.server != "" {
		where = o.server
		if i, known := p.fleet.numberOf(o.server); known {
			where = nameOf(i)
		}
	}
	return fmt.Sprintf("%s call of caller %d to %s, from %s to %s: %v\n      but %s",
		kind, o.caller+1, where, p.diary.at(o.began), p.diary.at(o.ended), o.err, why)
}
