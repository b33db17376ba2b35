package grpclb

import "time"

// dryAfter is how long the list in use may be without a READY backend before the
// balancer is asked whether it is still the list.
const dryAfter = time.Second

// A drought begins when the list in use has no READY backend and none is on its way,
// and ends when a backend is READY. The balancer is asked once in it: if it is gone
// along with its backends, that shows long before keepalive finds out. See
// stream.ask-again.
type drought struct {
	since time.Time // zero: there is none
	lists uint64    // how many had come by then
	over  bool      // it has been asked, or has sent a list by itself
}

// checkDry begins and ends a drought, and has the balancer asked again in it.
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

// dryAt returns when checkDry has the balancer asked; zero if never.
func (m *machine) dryAt() time.Time {
	if m.dry.since.IsZero() || m.dry.over || !m.status.Contact {
		return time.Time{}
	}
	return m.dry.since.Add(dryAfter)
}

// askAgain reports, once for each time, that the balancer is to be asked again.
func (m *machine) askAgain() bool {
	asks := m.asks
	m.asks = false
	return asks
}
