package hosted

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A child shuts down all of n connections and makes n others. The work for each does not
// grow with n: the test counts how often a connection moves to another place, which is
// once for each that was shut down.
func TestState_ChildContract_ReplacedOneByOne(t *testing.T) {
	const n = 20000
	g := newGroup()
	in := g.children.Begin(list(addresses(n)...), g).by
	var mine []*Conn
	for i := range n {
		mine = append(mine, g.make(in, fmt.Sprint("10.0.0.1:", i)))
	}
	for i, c := range mine { // from the front, which is where a search ends last
		g.children.Hear(Shuts{c})
		if left := len(in.conns); left != n-1-i {
			t.Fatalf("%d connections are left after %d of %d went", left, i+1, n)
		}
	}
	for i, c := range in.conns {
		want(t, "place", c.amongInstance, i)
	}
	want(t, "SubConns that are let go", len(g.letGo), n)
}

// The same for connections over one SubConn.
func TestState_ChildContract_SharedByMany(t *testing.T) {
	g := newGroup()
	in := g.children.Begin(list("a", "ta"), g).by
	var mine []*Conn
	for range 5 {
		mine = append(mine, g.make(in, "a"))
	}
	u := mine[0].users
	for _, i := range []int{1, 4, 0, 3, 2} {
		g.children.Hear(Shuts{mine[i]})
		for place, c := range u.conns {
			want(t, "place", c.amongUsers, place)
			want(t, "shut", c.shut, false)
		}
	}
	want(t, "connections left", len(u.conns), 0)
}

// To replace a picker costs the same for ten connections as for thousands, because what
// the last one was built from is used again.
func TestState_ChildContract_PickerRenewed(t *testing.T) {
	for _, n := range []int{10, 10_000} {
		g := newGroup()
		term := g.children.Begin(list(addresses(n)...), g)
		for i := range n {
			g.make(term.by, fmt.Sprint("10.0.0.1:", i))
		}
		said := &balancer.State{ConnectivityState: connectivity.Ready, Picker: Blocked{}}
		renew := func() {
			g.children.Hear(Says{term.by, said})
			if term.Picker(Shown{State: connectivity.Ready}) == nil {
				t.Fatal("no picker")
			}
		}
		renew()
		if got := testing.AllocsPerRun(100, renew); got > 2 {
			t.Errorf("a picker of %d connections takes %v allocations, want 2 at most", n, got)
		}
	}
}

// addresses are n entries for list.
func addresses(n int) (entries []string) {
	for i := range n {
		entries = append(entries, fmt.Sprint("10.0.0.1:", i), "t")
	}
	return entries
}
