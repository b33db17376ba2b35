package grpclb

import "time"

// askAfter is how long the list in use may have no READY backend before the balancer is
// asked again.
const askAfter = time.Second

// An outage is a time in which the list in use has no READY backend. It begins when none of
// them is being connected for the first time either. Once an outage the balancer is asked
// again, on a new stream. If the balancer is gone too, no list comes on that stream, and
// contact is lost after BalancerTimeout (10 s by default); keepalive needs 40 s. See
// stream.ask-again.
type outage struct {
	since time.Time // when it began; zero: there is none
	lists uint64    // status.Lists at that time
	over  bool      // the balancer has been asked, or has sent a list by itself
}

// checkOutage begins and ends an outage, and decides when to ask the balancer.
func (m *machine) checkOutage(now time.Time) {
	if m.mode != balanced || m.plan.List.Backends() == 0 || m.group.Plan == m.plan && m.group.Ready {
		m.outage = outage{}
		return
	}
	down := m.group.Plan == m.plan && !m.group.Arriving
	switch d := &m.outage; {
	case d.since.IsZero() && down:
		*d = outage{since: now, lists: m.status.Lists}
	case d.since.IsZero() || d.over:
	case m.status.Lists != d.lists:
		d.over = true
	case m.status.Contact && !now.Before(d.since.Add(askAfter)):
		d.over, m.asks = true, true
	}
}

// askAt returns when checkOutage has to be called to ask the balancer; zero: never.
func (m *machine) askAt() time.Time {
	if m.outage.since.IsZero() || m.outage.over || !m.status.Contact {
		return time.Time{}
	}
	return m.outage.since.Add(askAfter)
}

// askAgain reports whether the balancer is to be asked again. The next call reports false.
func (m *machine) askAgain() bool {
	asks := m.asks
	m.asks = false
	return asks
}
