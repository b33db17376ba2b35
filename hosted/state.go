package hosted

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// State returns the state that the child has published for the plan. IDLE counts as
// CONNECTING, because a child is told to leave IDLE. For a superseded term it returns
// leftState.
func (t *Term) State() connectivity.State {
	switch {
	case t.superseded():
		return t.leftState()
	case t.said == nil || t.said.ConnectivityState == connectivity.Idle:
		return connectivity.Connecting
	default:
		return t.said.ConnectivityState
	}
}

// superseded reports whether the instance has a newer plan. Then the picker that the child
// published for this plan is still used, over connections that the term holds. The child
// does not replace that picker when their states change.
func (t *Term) superseded() bool { return t.by.newest != t }

// leftState returns the state of a superseded term: READY if one of its connections is READY,
// and otherwise CONNECTING.
func (t *Term) leftState() connectivity.State {
	if t.anyReady < len(t.seats) && t.seats[t.anyReady].ready() {
		return connectivity.Ready
	}
	for i, s := range t.seats {
		if s.ready() {
			t.anyReady = i
			return connectivity.Ready
		}
	}
	return connectivity.Connecting
}

// Over reports whether the term can serve no call any more: it is superseded, and none of its
// connections is READY.
func (t *Term) Over() bool { return t.superseded() && t.leftState() != connectivity.Ready }

// Trying reports whether the child is connecting, and was neither READY nor in
// TRANSIENT_FAILURE since it was given the plan.
func (t *Term) Trying() bool { return !t.decided && t.State() == connectivity.Connecting }

// Heard reports whether the child has carried out the plan and the orders that followed from
// it. What it has published then counts. See Instance.settled.
func (t *Term) Heard() bool { return t.heard }

// Spoken reports whether the term is heard and the child has published a state.
func (t *Term) Spoken() bool { return t.heard && t.said != nil }

// Resting returns the state that the child has published if it stays IDLE although it was told
// to leave IDLE; otherwise nil. Such a child connects to a backend only when it picks that
// backend for a call.
func (t *Term) Resting() *balancer.State {
	if t.Spoken() && !t.superseded() && t.by.done >= t.by.woken && t.said.ConnectivityState == connectivity.Idle {
		return t.said
	}
	return nil
}

// Stale reports whether the picker that Picker returned last is out of date.
func (t *Term) Stale() bool { return t.stale }

// Backends counts the SubConns of the term, and those of them that are READY.
func (t *Term) Backends() (all, ready int) {
	seen := map[SubConn]bool{}
	count := func(c SubConn) {
		if seen[c] {
			return
		}
		seen[c] = true
		all++
		if c.State() == connectivity.Ready {
			ready++
		}
	}
	if t.superseded() {
		for _, s := range t.seats {
			count(s.conn.sub)
		}
		return all, ready
	}
	for _, c := range t.by.conns {
		count(c.sub)
	}
	return all, ready
}

// Uses reports whether the child has the SubConn with these users for this term.
func (t *Term) Uses(u *Users) bool {
	if u == nil || t.by == nil {
		return false
	}
	for _, c := range u.conns {
		if c.by == t.by && !t.superseded() || c.seatIn(t) != nil {
			return true
		}
	}
	return false
}
