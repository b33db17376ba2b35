package rrgroup

import (
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A hostedPicker is a child's picker with the list around it: drops before it
// is asked, and for the connection that it picks the token, the count and the
// reference of an entry.
type hostedPicker struct {
	child balancer.Picker
	seats map[balancer.SubConn]*seat // by the child's connections
	drops *dropTable                 // nil unless a backend is READY and the list has drops
	doing string                     // for the text of a pick that fails
	idle  balancer.Picker            // what picks if the child has nothing yet
}

// A seat is one connection of the child, and the entries of its address, which
// take turns.
type seat struct {
	sc      balancer.SubConn
	entries []*entry
	turns   atomic.Uint64
}

// Pick asks the child. A connection that the list does not name any more is no
// answer: the child has a newer picker by then.
func (p *hostedPicker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if p.drops != nil && p.drops.drop() {
		return balancer.PickResult{}, errDropped
	}
	r, err := p.child.Pick(info)
	if err != nil {
		return p.failed(info, err)
	}
	s := p.seats[r.SubConn]
	if s == nil {
		return unused(r)
	}
	ours, err := s.entries[s.turns.Add(1)%uint64(len(s.entries))].pick()
	if err != nil {
		return unused(r)
	}
	return s.both(r, ours), nil
}

// failed passes the child's error on, with the reason why it picks at all.
func (p *hostedPicker) failed(info balancer.PickInfo, err error) (balancer.PickResult, error) {
	if err == balancer.ErrNoSubConnAvailable {
		return p.idle.Pick(info)
	}
	if _, final := status.FromError(err); final {
		return balancer.PickResult{}, err
	}
	return balancer.PickResult{}, fmt.Errorf("grpclb is %s: %v", p.doing, err)
}

// unused gives a pick of the child's back.
func unused(r balancer.PickResult) (balancer.PickResult, error) {
	if r.Done != nil {
		r.Done(balancer.DoneInfo{})
	}
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// both joins what the child wants of a call and what the entry wants.
func (s *seat) both(child, ours balancer.PickResult) balancer.PickResult {
	r := balancer.PickResult{SubConn: s.sc, Done: ours.Done, Metadata: ours.Metadata}
	if child.Metadata != nil {
		r.Metadata = metadata.Join(child.Metadata, ours.Metadata)
	}
	if child.Done != nil {
		r.Done = func(info balancer.DoneInfo) {
			child.Done(info)
			ours.Done(info)
		}
	}
	return r
}

// A blocked picker has nothing: calls try again with the next one.
type blocked struct{}

// Pick returns ErrNoSubConnAvailable.
func (blocked) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// newHostedPicker builds the picker around what the child said last. idle is
// what picks where the child has nothing.
func (g *generation) newHostedPicker(state connectivity.State, idle balancer.Picker) balancer.Picker {
	g.stale = false
	if g.said == nil || state == connectivity.Connecting && g.said.ConnectivityState == connectivity.TransientFailure {
		return idle
	}
	g.hold()
	p := &hostedPicker{child: g.said.Picker, seats: g.seats(), doing: g.plan.Doing, idle: idle}
	if state == connectivity.Ready {
		p.drops = g.drops
	}
	return p
}

// seats gives each connection of the child the entries of its address. One
// that the list does not name has none.
func (g *generation) seats() map[balancer.SubConn]*seat {
	at := g.entriesByAddress()
	all := make(map[balancer.SubConn]*seat, len(g.host.conns))
	for _, hc := range g.host.conns {
		if hc.conn == nil || hc.conn.sc == nil {
			continue
		}
		if entries := at[hc.address.Addr]; len(entries) > 0 {
			all[hc] = &seat{sc: hc.conn.sc, entries: entries}
		}
	}
	return all
}

func (g *generation) entriesByAddress() map[string][]*entry {
	if g.byAddress == nil {
		g.byAddress = map[string][]*entry{}
		for i, b := range g.plan.backends() {
			a := b.address.Addr
			g.byAddress[a] = append(g.byAddress[a], &g.entries[i])
		}
	}
	return g.byAddress
}

// errUnbuilt is what calls fail with if a child could not be made.
var errUnbuilt = status.Error(codes.Internal, "grpclb: the builder of the child policy has built nothing")
