package hosted

import (
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A plan comes while the child handles the one before. When the child gets to it, it may
// have been replaced.
func TestHandover_Latest_OfABusyChild(t *testing.T) {
	g := newGroup()
	first := g.children.Begin(list("a", "ta"), g)
	in := first.by
	g.children.Hear(Settled{in, in.Asked()})
	second := g.children.Begin(list("b", "tb"), g) // which the child is given
	busy := in.Asked()
	third := g.children.Begin(list("c", "tc"), g) // and this one not yet
	second.Leave()
	second.Retire()
	want(t, "there is a newer plan", in.renew, true)
	third.Leave() // for one that is no child's
	third.Retire()
	g.children.Hear(Settled{in, busy})
	want(t, "there is a newer plan for the child", in.renew, false)
	want(t, "orders since", in.Asked(), busy)
	g.children.Dismiss()
	want(t, "children, while the first plan serves", g.children.Count(), 1)
}

// A child gets no connection to an address that its list does not name: no call could go there.
// In fallback it gets any.
func TestState_ChildContract_UnlistedAddress(t *testing.T) {
	g := newGroup()
	in := g.children.Begin(list("a", "ta"), g).by
	made := func(addr string) error { return g.children.Answer(g.make(in, addr)) }
	want(t, "a listed address", made("a"), nil)
	want(t, "an unlisted address", made("b"), errUnlisted)
	want(t, "SubConns", len(g.pool), 1)

	g.children.Begin(list("b", "tb"), g) // comes while the child is busy with the list before
	want(t, "an address of the list before", made("a"), nil)
	g.children.Hear(Settled{in, in.Asked()})
	want(t, "an address of the present list", made("b"), nil)
	want(t, "an address of the list before", made("a"), errUnlisted)

	found := list("a", "")
	found.Listed = false
	in = g.children.Begin(found, g).by
	want(t, "another address in fallback", made("b"), nil)
}

// A call in flight keeps nothing of the child that picked for it.
func TestMemory_RetiredKeepsNoChild(t *testing.T) {
	g := newGroup()
	old := g.children.Begin(list("a", "ta"), g)
	in := old.by
	c := g.make(in, "a")
	g.children.Hear(Says{in, &balancer.State{ConnectivityState: connectivity.Ready}})
	old.Picker(Shown{State: connectivity.Ready})
	want(t, "the seat is that of the term", c.seatIn(old) != nil, true)
	g.children.Begin(list("a", "tb"), g)
	old.Leave()
	old.Retire()
	if old.by != nil || old.plan != nil || old.said != nil || old.byAddress != nil || old.seats != nil || c.seatIn(old) != nil {
		t.Errorf("a term that is retired keeps more than it needs: %+v", old)
	}
	want(t, "SubConns held for calls in flight", len(old.held), 1)
	want(t, "holder", c.users.holder, old)
	old.End(g)
	want(t, "SubConns held", c.users.held, 0)
	want(t, "holder", c.users.holder, nil)
}
