package rrgroup

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/tokens"
)

// A Tally has the sums since the start, also of generations that are gone.
func TestTally(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		wantTally(t, f, "before a plan", Tally{})
		f.adopt(list("a b drop:d"))
		wantTally(t, f, "while two are idle", Tally{SubConns: [4]int{2}})
		f.each([]string{"a"}, connectivity.Connecting)
		f.down("b")
		wantTally(t, f, "while one connects", Tally{SubConns: [4]int{0, 1, 0, 1}})
		f.up("a", "b")
		call, _ := f.hold()
		f.picks(5)
		wantTally(t, f, "after calls and drops", Tally{SubConns: [4]int{0, 0, 2}, Started: 4, Dropped: []tokens.Dropped{{Token: "d", Calls: 2}}})

		f.adopt(list("c"))
		time.Sleep(time.Second)
		f.up("c")
		replaced := Tally{SubConns: [4]int{0, 0, 3}, Started: 4, Dropped: []tokens.Dropped{{Token: "d", Calls: 2}}, Handovers: 1, Took: []time.Duration{time.Second}}
		wantTally(t, f, "after a handover, while a call is in flight", replaced)
		call.Done(answer)
		time.Sleep(11 * time.Second) // the linger time
		synctest.Wait()
		replaced.SubConns = [4]int{0, 0, 1}
		wantTally(t, f, "when the old generation is gone", replaced)
		f.actors.Stop()
		wantTally(t, f, "of a group that has stopped", Tally{})
	})
}

// A pick that gRPC did not use is no call.
func TestTally_UnusedPick(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		call, _ := f.hold()
		wantTally(t, f, "after a pick", Tally{SubConns: [4]int{0, 0, 1}, Started: 1})
		call.Done(balancer.DoneInfo{})
		wantTally(t, f, "after gRPC did not use it", Tally{SubConns: [4]int{0, 0, 1}})
	})
}

func wantTally(t *testing.T, f *fixture, when string, want Tally) {
	t.Helper()
	if want.Dropped == nil {
		want.Dropped = []tokens.Dropped{}
	}
	got := f.group.Tally()
	if got.Dropped == nil {
		got.Dropped = []tokens.Dropped{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

// For a Tally the group looks at no SubConn and at no entry, however long the list.
func TestTally_LooksAtNoSubConn(t *testing.T) {
	c := newCore(nil, tenSeconds)
	c.adopt(many(1000), time.Now(), 1)
	c.pool.conns, c.incoming.blocks = nil, nil // whoever looks finds none
	want(t, "idle SubConns", c.tally().SubConns, [4]int{1000})
}
