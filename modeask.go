package grpclb

import "time"

// dryAfter is how long the list in use may have no READY backend before the balancer is
// asked again.
const dryAfter = time.Second

// A drought is a time in which the list in use has no READY backend. It begins when no
// backend is being connected for the first time either. The balancer is asked once in it,
// on a new stream: if it is gone too, that shows long before keepalive would notice. See
// stream.ask-again.
type drought struct {
	since time.Time // when it began; zero: there is none
	lists uint64    // status.Lists at that time
	over  bool      // the balancer has been asked, or has sent a list by itself
}

// checkDry begins and ends a drought, and decides when to ask the balancer.
func (m *machine) checkDry(now time.Time) {
	if m.mode != balanced || m.plan.List.Backends() == 0 || m.group.Plan == m.plan && m.group.Ready {
		m.dry = drought{}
		return
	}
	down := m.group.Plan == m.plan && !m.group.Arriving
	switch d := &m.dry; {
	case d.since.IsZero() && down:
		*d = drought{since: now, lists: m.status.Lists}
	case d.since.IsZero() || d.over:
	case m.status.Lists != d.lists:
		d.over = true
	case m.status.Contact && !now.Before(d.since.Add(dryAfter)):
		d.over, m.asks = true, true
	}
}

// dryAt returns when checkDry has to be called to ask the balancer; zero: never.
func (m *machine) dryAt() time.Time {
	if m.dry.since.IsZero() || m.dry.over || !m.status.Contact {
		return time.Time{}
	}
	return m.dry.since.Add(dryAfter)
}

// askAgain reports that the balancer is to be asked again, once.
func (m *machine) askAgain() bool {
	asks := m.asks
	m.asks = false
	return asks
}
