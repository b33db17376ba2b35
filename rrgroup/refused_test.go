package rrgroup

import (
	"testing"
	"time"
)

// A caller may hold a picker that gRPC has replaced. Between its taking a
// reference of a retired entry and its giving that back it is no call, for
// whichever report.
func TestReport_StartedIsNoRefusedPick(t *testing.T) {
	core := newCore(nil)
	core.adopt(from(1, "a"), time.Time{}, 0)
	g := core.incoming
	e := g.entry(0)
	if _, err := e.pick(); err != nil {
		t.Fatal(err)
	}
	g.retire(func() {})
	e.take() // as roundRobin.Pick does, and comes no further yet
	want(t, "started, with a call in flight and a pick being refused", core.ledger.count(1).Started, 1)
	e.result.Done(answer)
	core.ended(g)
	e.refuse()
	now := core.ledger.count(1)
	want(t, "finished", now.Finished, 1)
	want(t, "started besides", now.Started, 0)

	core.adopt(from(1, "b"), time.Time{}, 0)
	core.incoming.entry(0).pick()
	want(t, "started with the next call", core.ledger.count(1).Started, 1)
}
