package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/serviceconfig"
)

// A Child is a registered policy that is to pick in the place of the group's
// own rotation. It is immutable.
type Child struct {
	Builder balancer.Builder
	Config  serviceconfig.LoadBalancingConfig // nil if it has none
}

// A host is one instance of a child policy. It lives across plans, as long as
// they have the same provenance and name the same policy: a list that changes
// is an update to it, as a change of the resolver's addresses would be.
//
// Everything in it is owned by the group, and the group's goroutine is the only
// one to call the child.
type host struct {
	provenance Provenance
	name       string
	child      balancer.Balancer // made at its first update; nil if the builder made none
	serving    *generation       // of the newest plan for it
	conns      []*childConn      // that the child has made and not shut down
	said       *balancer.State   // what it published last
	asked      uint64            // how often it was called
	quiet      bool              // what it said during the last of these calls was heard
	closed     bool

	tokens map[string]*liveToken // by address, of the newest plan that the child was given
}

// hosted reports whether a child picks for the generation.
func (g *generation) hosted() bool { return g != nil && g.host != nil }

// hostedState is the state of a generation that a child picks for: what the
// child said since it was given the plan. IDLE is CONNECTING, because a child
// is not left idle.
func (g *generation) hostedState() connectivity.State {
	switch {
	case g.superseded():
		return g.leftState()
	case g.said == nil || g.said.ConnectivityState == connectivity.Idle:
		return connectivity.Connecting
	default:
		return g.said.ConnectivityState
	}
}

// superseded reports whether the child was given a newer plan. What it
// published for this one still picks, over connections that are held, but
// nobody renews them.
func (g *generation) superseded() bool { return g.hosted() && g.host.serving != g }

// leftState is the state of what is left of a superseded generation.
func (g *generation) leftState() connectivity.State {
	for _, c := range g.distinct {
		if c.state == connectivity.Ready {
			return connectivity.Ready
		}
	}
	return connectivity.Connecting
}

// says takes over what the child has published, for the generation it serves.
func (h *host) says(s *balancer.State) {
	h.said = s
	h.serving.said, h.serving.stale = s, true
	if s.ConnectivityState == connectivity.Ready || s.ConnectivityState == connectivity.TransientFailure {
		h.serving.settled = true
	}
}

// ask counts a call of the child, of which it may have much to say.
func (h *host) ask() {
	h.asked++
	h.quiet = false
}

// settled is told that what the child said during this call of it was heard.
// If it was the last call so far, the child means what it said last. If it has
// said nothing about its newest plan, what it said before still holds: a
// pick_first that stays with its connection has no reason to speak.
func (h *host) settled(asked uint64) {
	if asked != h.asked {
		return
	}
	h.quiet = true
	if h.serving.said == nil && h.said != nil {
		h.says(h.said)
	}
}

// resting reports whether the child has said that it is idle, and meant it: it
// was told to leave that state and did not. ring_hash connects to a backend when
// a call is picked for it, and not before (gRFC A42).
func (g *generation) resting() bool {
	return g.hosted() && !g.superseded() && g.host.quiet && g.said != nil && g.said.ConnectivityState == connectivity.Idle
}
