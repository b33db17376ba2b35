package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/roundrobin"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/actor"
)

// A Child is a registered policy that is to pick in the place of the group's
// own rotation. It is immutable.
type Child struct {
	Builder balancer.Builder
	Config  serviceconfig.LoadBalancingConfig // nil if it has none
}

// roundRobinChild picks among fallback backends if the plan names no child. An
// endpoint is one backend to it, however many addresses it has (gRFC A61). The
// group's own rotation is for lists.
func roundRobinChild() *Child { return &Child{Builder: balancer.Get(roundrobin.Name)} }

// child returns what picks for the plan; nil for the group's own rotation.
func (p *Plan) child() *Child {
	if p.Child == nil && p.Provenance == FromResolver {
		return roundRobinChild()
	}
	return p.Child
}

// A host is one instance of a child policy, as the group knows it. It lives
// across plans, as long as they have the same provenance and name the same
// policy: a list that changes is an update to it, as a change of the resolver's
// addresses would be.
//
// The child itself belongs to a minder, a goroutine of its own. The group tells
// the minder what to do with it and never waits for it. The child's words come
// back as messages. Everything here is owned by the group.
type host struct {
	// Fixed when it was made.
	provenance Provenance
	name       string
	checks     bool // its connections are checked for health, if the child asks for it
	orders     *actor.Inbox[order]

	serving *generation     // of the newest plan for it
	conns   []*childConn    // that the child has made and not shut down
	said    *balancer.State // what it published last
	closed  bool

	// The orders that concern the child are numbered.
	asked   uint64 // the last one
	done    uint64 // carried out, and all that the child said meanwhile was heard
	updated uint64 // the last one that gave it a plan
	woken   uint64 // the last one to leave the idle state
	renew   bool   // there is a newer plan than the one that it is being given
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

// settled is told that the child has carried out the orders up to this one, and
// that all it said meanwhile was heard. What it says while it takes a new plan
// in may not be its last word: base's balancer says READY with an empty picker
// before it has noticed which connections it has given up. So it is heard out:
// until it was told what became of all that it did when it got the plan.
func (h *host) settled(order uint64) {
	h.done = order
	g := h.serving
	switch {
	case g.heard || h.renew || order < h.updated:
		return
	case g.hearOut == 0:
		g.hearOut = h.asked
	}
	if order < g.hearOut {
		return
	}
	g.heard = true
	if g.said == nil && h.said != nil {
		// It has said nothing about its newest plan, so what it said before still
		// holds: a pick_first that stays with its connection has no reason to speak.
		h.says(h.said)
	}
}

// spoken reports whether the child that is to pick for the generation has said
// something that is worth a call.
func (g *generation) spoken() bool { return g.hosted() && g.heard && g.said != nil }

// resting reports whether the child has said that it is idle, and meant it: it
// was told to leave that state and did not. A lazy policy connects to a backend
// when a call is picked for it, and not before.
func (g *generation) resting() bool {
	return g.spoken() && !g.superseded() && g.host.done >= g.host.woken &&
		g.said.ConnectivityState == connectivity.Idle
}
