package rrgroup

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
)

func TestState_Aggregate(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		want(t, "before a plan", f.state(), connectivity.Connecting)
		f.adopt(list("a b"))
		f.each([]string{"a"}, connectivity.Connecting)
		want(t, "while one connects", f.state(), connectivity.Connecting)
		f.down("a")
		want(t, "when one of two has failed", f.state(), connectivity.Connecting)
		f.up("b")
		want(t, "when one is READY", f.state(), connectivity.Ready)
		f.each([]string{"b"}, connectivity.Idle)
		want(t, "when it is lost", f.state(), connectivity.Connecting)
		want(t, "connection attempts of the lost one", f.conn("b").Connects(), 2)
		f.down("b")
		want(t, "when all have failed", f.state(), connectivity.TransientFailure)
	})
}

// When the last backend fails while an incoming list connects, calls wait for that one and
// do not fail.
func TestState_AggregateWhileASuccessorConnects(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(fallback("b"))
		f.down("a")
		want(t, "state", f.state(), connectivity.Connecting)
		want(t, "pick", f.pick(), "wait")
		f.down("b")
		want(t, "state when that failed too", f.state(), connectivity.TransientFailure)
	})
}

func TestState_Sticky(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.down("a")
		for _, s := range []connectivity.State{connectivity.Idle, connectivity.Connecting} {
			f.each([]string{"a"}, s)
			want(t, "after a failure and "+s.String(), f.state(), connectivity.TransientFailure)
		}
		f.adopt(list("b"))
		want(t, "while a new list connects", f.state(), connectivity.TransientFailure)
		f.up("b")
		want(t, "when a backend is READY", f.state(), connectivity.Ready)
	})
}

func TestState_Coalesced(t *testing.T) {
	const n = 10000
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(many(n))
		before := len(f.Updates())
		for _, sc := range f.SubConns() {
			sc.SetState(connectivity.Connecting)
			sc.SetState(connectivity.Ready)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(f.Updates()) - before; got > 100 {
			t.Errorf("%d pickers were published for a burst of %d backends", got, n)
		}
		want(t, "READY", f.group.Stats().Ready, n)
		want(t, "in the picker", len(f.last().ready), n)
	})
}

// One backend becomes READY every 50 µs. The sum of the lengths of all pickers grows with
// the number of backends, not with its square.
func TestState_CoalescedTrickle(t *testing.T) {
	const n = 4000
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(many(n))
		for _, sc := range f.SubConns() {
			sc.SetState(connectivity.Ready)
			time.Sleep(50 * time.Microsecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, "in the picker", len(f.last().ready), n)
		entries := 0
		for _, u := range f.Updates() {
			if p, ok := u.Picker.(*roundRobin); ok {
				entries += len(p.ready)
			}
		}
		if limit := 150 * n; entries > limit {
			t.Errorf("pickers of %d entries in all, want at most %d", entries, limit)
		}
	})
}

// Between two pickers the group does not wake for each SubConn that becomes READY: it does
// not listen before the next picker is due, 200 ns for each backend later.
func TestState_CoalescedRest(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(many(10000))
		f.SubConns()[0].SetState(connectivity.Ready)
		synctest.Wait()
		before, start := len(f.Updates()), time.Now()
		for _, sc := range f.SubConns()[1:100] {
			sc.SetState(connectivity.Ready)
			synctest.Wait()
		}
		want(t, "READY", f.group.Stats().Ready, 100)
		synctest.Wait() // for what it publishes after it has answered
		want(t, "time until the group listens", time.Since(start), 2*time.Millisecond)
		want(t, "pickers published by then", len(f.Updates())-before, 1)
		f.group.Stats()
		want(t, "and then at once", time.Since(start), 2*time.Millisecond)
	})
}

func TestState_CoalescedFirstReady(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(many(10000))
		f.SubConns()[17].SetState(connectivity.Ready)
		synctest.Wait() // no time passes
		want(t, "state", f.state(), connectivity.Ready)
	})
}

func TestState_CoalescedNothingNew(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a")
		before := len(f.Updates())
		f.each([]string{"b"}, connectivity.Connecting)
		f.each([]string{"a"}, connectivity.Ready)
		f.down("b")
		f.each([]string{"b"}, connectivity.Idle)
		time.Sleep(time.Hour)
		synctest.Wait()
		want(t, "pickers", len(f.Updates()), before)
	})
}

func TestPick_Reason(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.each([]string{"a"}, connectivity.TransientFailure, errors.New("no route to a"))
		for _, part := range []string{"using a list", "no route to a"} {
			if got := f.pick(); !strings.Contains(got, part) {
				t.Errorf("%q does not say %q", got, part)
			}
		}
		// A new reason is shown too, but not more often than every second.
		f.each([]string{"a"}, connectivity.TransientFailure, errors.New("another reason"))
		if got := f.pick(); !strings.Contains(got, "no route to a") {
			t.Errorf("the reason was replaced at once: %q", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := f.pick(); !strings.Contains(got, "another reason") {
			t.Errorf("the reason was not replaced after a second: %q", got)
		}
		f.adopt(fallback(""))
		want(t, "reason in fallback without addresses", f.pick(), "nothing to fall back to")
	})
}

// If the error is a gRPC status, only its text is used. A pick that fails with a status
// would fail wait-for-ready calls as well.
func TestPick_ReasonIsNoStatus(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(&Plan{Unserved: fmt.Errorf("lost: %w", status.Error(codes.NotFound, "who?"))})
		_, err := f.Pick(t.Context())
		if _, ok := status.FromError(err); ok || !strings.Contains(err.Error(), "who?") {
			t.Errorf("a pick fails with %#v", err)
		}
	})
}

// A group publishes nothing and makes nothing before it has a plan.
func TestState_FirstWord(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.group.Configure(Settings{})
		time.Sleep(time.Hour)
		want(t, "states before a plan, but for the first", len(f.Updates()), 1)
		f.adopt(list("a"))
		want(t, "states of a plan that has calls wait as well", len(f.Updates()), 1)
		f.up("a")
		want(t, "released up to", <-f.released, 1)
	})
}

func TestPick_Pending(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		want(t, "before a plan", f.pick(), "wait")
		f.adopt(list("a"))
		want(t, "while it connects", f.pick(), "wait")
		want(t, "epochs of the calls that were parked", fmt.Sprint(f.parked), "[1 1]")
		f.up("a")
		want(t, "released up to", <-f.released, 1)
		want(t, "then", f.pick(), "a")
		f.each([]string{"a"}, connectivity.Idle)
		want(t, "when it is lost", f.pick(), "wait")
		want(t, "epoch of that", f.parked[2], 2)
		f.adopt(&Plan{}) // an empty list
		want(t, "while the list is empty", f.pick(), "wait")
		f.adopt(list("drop"))
		want(t, "released up to", <-f.released, 2)
	})
}

// gRPC makes no SubConns while it closes. That counts as any other failure.
func TestState_AggregateWithoutSubConn(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.Refuse(errors.New("closing"))
		f.adopt(list("a"))
		want(t, "state", f.state(), connectivity.TransientFailure)
		if got := f.pick(); !strings.Contains(got, "closing") {
			t.Errorf("%q does not say why", got)
		}
	})
}

func TestState_Closed(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a", "b")
		call, _ := f.hold()
		f.adopt(list("c"))
		f.up("c")
		f.adopt(fallback("d"))
		f.actors.Stop()
		f.actors.Stop() // is the same as once
		call.Done(answer)
		f.group.Adopt(list("a"))
		want(t, "stats of a group that has ended", f.group.Stats(), Stats{})
		for _, sc := range f.SubConns() {
			sc.SetState(connectivity.Shutdown)
		}
	})
}

// many returns the plan for a list of n backends.
func many(n int) *Plan {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf("10.%d.%d.%d:80", i>>16, i>>8&255, i&255)
	}
	return &Plan{List: serversAt(entries), Doing: "using a long list"}
}

// last returns the newest picker.
func (f *fixture) last() *roundRobin {
	all := f.Updates()
	return all[len(all)-1].Picker.(*roundRobin)
}
