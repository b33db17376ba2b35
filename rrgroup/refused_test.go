package rrgroup

import (
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
)

// A caller may hold a picker that gRPC has replaced. A pick that this picker refuses is in
// no report.
func TestReport_StartedIsNoRefusedPick(t *testing.T) {
	core := newCore(nil, Settings{})
	core.adopt(from(1, "a"), time.Time{}, 0)
	g := core.incoming
	p := newRoundRobin(g, []*entry{g.entry(0)})
	r, err := p.Pick(pickInfo)
	if err != nil {
		t.Fatal(err)
	}
	refused := func() {
		if _, err := p.Pick(pickInfo); err != balancer.ErrNoSubConnAvailable {
			t.Errorf("a retired picker returned %v", err)
		}
	}
	g.retire(func() {})
	refused()
	want(t, "started, with a call in flight and a pick refused", core.ledger.count(1).Started, 1)
	r.Done(answer)
	core.ended(g)
	refused()
	now := core.ledger.count(1)
	want(t, "finished", now.Finished, 1)
	want(t, "started besides", now.Started, 0)

	core.adopt(from(1, "b"), time.Time{}, 0)
	core.incoming.entry(0).Pick()
	want(t, "started with the next call", core.ledger.count(1).Started, 1)
}
