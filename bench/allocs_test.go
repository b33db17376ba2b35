package bench

import (
	"testing"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// perRun is the average of many picks. What a background goroutine of gRPC
// allocates meanwhile is rounded away.
func perRun(f func()) float64 { return testing.AllocsPerRun(2000, f) }

func TestOurs_PickAndDoneAllocateNothing(t *testing.T) {
	for _, size := range []int{1, 100} {
		p := up(t, ours(), size, false)
		if got := perRun(func() { pick(p) }); got != 0 {
			t.Errorf("with %d backends: %v allocations a pick, want 0", size, got)
		}
	}
}

// Of two picks one is dropped here.
func TestOurs_PickAmongDropsAllocatesNothing(t *testing.T) {
	p := up(t, ours(), 1, true)
	if got := perRun(func() { pick(p); pick(p) }); got != 0 {
		t.Errorf("%v allocations in two picks, want 0", got)
	}
	if got := tally(t, p, 100)[nil]; got != 50 {
		t.Errorf("%d of 100 picks were dropped, want 50", got)
	}
}

// A list of nothing but drops has a picker of its own.
func TestOurs_DroppedPickAllocatesNothing(t *testing.T) {
	r := newWorld(t).start(ours(), 0, []*lbpb.Server{lbtest.Drop("rate"), lbtest.Drop("load")}, 0)
	defer r.close()
	r.bringUp()
	p := r.parent.latest().Picker
	if got := perRun(func() { pick(p) }); got != 0 {
		t.Errorf("%v allocations a dropped pick, want 0", got)
	}
	if got := tally(t, p, 100)[nil]; got != 100 {
		t.Errorf("%d of 100 picks were dropped, want all", got)
	}
}
