package hosted

import (
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// Two children share a SubConn. gRPC keeps only the health listener that was registered last, and
// each child's minder registers in its own time. So the watch of a connection that is gone may be
// registered last. Its report shows that, and the present watch is registered again.
func TestState_ChildContract_HealthOfTwoChildren(t *testing.T) {
	g := newGroup()
	slow, quick := g.checked("slow", "a"), g.checked("quick", "a")
	listener := &healthListener{func(balancer.SubConnState) {}}
	g.report("a", connectivity.Ready)
	g.children.Hear(listens{slow, listener})
	old := g.pool["a"].users.watch
	g.report("a", connectivity.Idle)
	slow.Connect()
	quick.Connect()
	g.report("a", connectivity.Ready)
	g.children.Hear(listens{quick, listener})
	now := g.pool["a"].users.watch

	g.todo = nil
	g.children.Hear(healthReported{old, balancer.SubConnState{ConnectivityState: connectivity.Ready}})
	g.told(t, "after a report for the old watch", Tell{quick.by, watchHealth{now}})
	g.children.Hear(healthReported{now, balancer.SubConnState{ConnectivityState: connectivity.Ready}})
	g.told(t, "after a report for the present one", Tell{quick.by,
		reportHealth{quick, listener, balancer.SubConnState{ConnectivityState: connectivity.Ready}}})

	// A late report when nobody listens changes nothing.
	g.report("a", connectivity.Idle)
	g.todo = nil
	g.children.Hear(healthReported{old, balancer.SubConnState{ConnectivityState: connectivity.Ready}})
	g.told(t, "after a report when nobody listens")
}

// checked begins a child of this name, whose connection is checked for health and connects.
func (g *group) checked(name, addr string) *Conn {
	p := list(addr, "t")
	p.Child, p.Checks = &Child{Builder: named(name)}, true
	c := g.make(g.children.Begin(p, g).by, addr)
	c.inbox = g
	c.Connect()
	return c
}

// Send makes the group the inbox of connections.
func (g *group) Send(m Message) bool {
	g.children.Hear(m)
	return true
}

// report has the SubConn at an address report a state.
func (g *group) report(addr string, s connectivity.State) {
	g.pool[addr].state = s
	g.children.Reported(&g.pool[addr].users, balancer.SubConnState{ConnectivityState: s})
}

// told fails the test unless these tasks have come.
func (g *group) told(t *testing.T, when string, tasks ...Task) {
	t.Helper()
	want(t, "tasks "+when, len(g.todo), len(tasks))
	for i := range min(len(tasks), len(g.todo)) {
		want(t, "a task "+when, g.todo[i], tasks[i])
	}
	g.todo = nil
}
