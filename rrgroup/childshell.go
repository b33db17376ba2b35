package rrgroup

import (
	"context"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// updateChild gives a child the plan of a generation. The first one makes it.
func (g *Group) updateChild(h *host, of *generation) {
	if h.child == nil {
		h.child = of.plan.Child.Builder.Build(&facade{ClientConn: g.options.Parent, host: h, inbox: g.inbox}, g.options.Build)
	}
	if h.child == nil {
		failed := &balancer.State{ConnectivityState: connectivity.TransientFailure, Picker: base.NewErrPicker(errUnbuilt)}
		g.inbox.Send(childSays{h, failed})
		return
	}
	err := h.child.UpdateClientConnState(balancer.ClientConnState{
		ResolverState:  h.childState(of.plan),
		BalancerConfig: of.plan.Child.Config,
	})
	if err != nil {
		logger.Warningf("the child policy %s takes an update badly: %v", h.name, err)
	}
}

// settled has the group hear that a call of the child is over, after what the
// child said in it.
func (g *Group) settled(h *host) { g.inbox.Send(childSettled{h, h.asked}) }

// childState is the plan as a child is told of it: each address once, in the
// order of the list, with the token where TokenOf finds it, and from then on in
// the addresses of earlier plans too.
func (h *host) childState(p *Plan) resolver.State {
	if p.Provenance == FromResolver {
		return resolver.State{Endpoints: p.Endpoints, Addresses: flatten(p.Endpoints)}
	}
	var s resolver.State
	known := h.tokens
	h.tokens = make(map[string]*liveToken, len(known))
	for _, b := range p.backends() {
		a := b.address()
		if h.tokens[a.Addr] != nil {
			continue
		}
		now, token := known[a.Addr], b.token()
		if now == nil {
			now = new(liveToken)
		}
		now.Store(&token)
		h.tokens[a.Addr] = now
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{
			Addresses:  []resolver.Address{a},
			Attributes: withToken(nil, token),
		})
		s.Addresses = append(s.Addresses, tokened(a, token, now))
	}
	return s
}

// closeChild ends a child.
func (h *host) closeChild() {
	if h.child != nil {
		h.child.Close()
	}
}

// wakeChild has a child leave its idle state.
func (h *host) wakeChild() {
	if h.child != nil && !h.closed {
		h.child.ExitIdle()
	}
}

// nudgeChild asks the child's picker as a call would, and gives the pick back.
func (h *host) nudgeChild() {
	if h.closed || h.said == nil {
		return
	}
	if r, err := h.said.Picker.Pick(balancer.PickInfo{Ctx: context.Background()}); err == nil {
		giveBack(r)
	}
}

// tellChild reports a state of one of its connections to a child.
func (c *childConn) tellChild(s balancer.SubConnState) {
	if !c.host.closed && c.listener != nil {
		c.listener(s)
	}
}

// tellHealth reports a connection healthy, if it is still connected.
func (c *childConn) tellHealth(listener func(balancer.SubConnState)) {
	if !c.host.closed && !c.shut && c.conn.state == connectivity.Ready {
		listener(balancer.SubConnState{ConnectivityState: connectivity.Ready})
	}
}
