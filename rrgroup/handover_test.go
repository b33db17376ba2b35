package rrgroup

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/actor"
)

func TestHandover_MakeBeforeBreak(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b c"))
		want(t, "pick before a new backend is READY", f.pick(), "a")
		f.up("c")
		want(t, "picks after the first one", f.picks(2), "c c")
		f.up("b")
		if got := f.picks(2); !follows(got, "b c") {
			t.Errorf("picks after the second one: %s", got)
		}
	})
}

func TestHandover_MakeBeforeBreakWhenAllFail(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b c"))
		f.down("b")
		want(t, "pick while c may still come up", f.pick(), "a")
		f.down("c")
		want(t, "state when every new backend failed", f.state(), connectivity.TransientFailure)
	})
}

// A failure does not count if no plan has named the backend since. The list that names it
// again waits for its next attempt to connect.
func TestHandover_MakeBeforeBreakForgives(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.down("a")
		f.adopt(fallback("b"))
		f.up("b")
		f.adopt(list("a"))
		want(t, "pick while a waits to connect again", f.pick(), "b")
		f.each([]string{"a"}, connectivity.Idle)
		want(t, "pick while a connects again", f.pick(), "b")
		f.down("a")
		want(t, "state when it fails again", f.state(), connectivity.TransientFailure)
	})
}

// While others serve, a failure from before the list does not count either: gRPC will try
// to connect again, and the backend may work by now.
func TestHandover_MakeBeforeBreakOldFailure(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b c"))
		f.up("a", "b")
		f.down("b", "c")
		f.adopt(list("b c"))
		want(t, "pick while b and c were not tried", f.pick(), "a")
		f.each([]string{"c"}, connectivity.Idle)
		f.down("c")
		want(t, "pick while b was not", f.pick(), "a")
		f.down("b")
		want(t, "state when both failed again", f.state(), connectivity.TransientFailure)
	})
}

// If no backend serves, old failures count: there is nothing to wait for.
func TestHandover_MakeBeforeBreakOldFailureOfAll(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.down("a", "b")
		f.adopt(list("b"))
		want(t, "of the generations drained", f.group.Stats().Drained, 1)
	})
}

func TestHandover_MakeBeforeBreakTimeout(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b"))
		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		want(t, "pick just before the timeout", f.pick(), "a")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		want(t, "pick at the timeout", f.pick(), "wait")
		want(t, "state at the timeout", f.state(), connectivity.Connecting)
	})
}

func TestHandover_MakeBeforeBreakFallback(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(fallback("b"))
		want(t, "pick before a fallback backend is READY", f.pick(), "a")
		f.up("b")
		want(t, "pick in fallback", f.pick(), "b")
		f.adopt(list("c"))
		want(t, "pick before a listed backend is READY", f.pick(), "b")
		f.up("c")
		want(t, "pick out of fallback", f.pick(), "c")
	})
}

func TestHandover_Latest(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b"))
		b := f.conn("b")
		time.Sleep(9 * time.Second)
		f.adopt(list("c"))
		want(t, "generations", f.group.Stats().Generations, 3)
		want(t, "of which drained", f.group.Stats().Drained, 1)
		if !b.Shut() {
			t.Error("a SubConn of the replaced list, which never connected, is still there")
		}
		time.Sleep(9 * time.Second) // the new list has its own ten seconds
		synctest.Wait()
		want(t, "pick", f.pick(), "a")
		f.up("c")
		want(t, "pick", f.pick(), "c")
	})
}

// While the group is busy plans don't pile up: it gets the last one.
func TestHandover_LatestOfMany(t *testing.T) {
	g := &Group{plans: actor.NewCell[*Plan]()}
	for _, l := range []string{"a", "b", "c"} {
		g.Adopt(list(l))
	}
	want(t, "address in the plan", (<-g.plans.Ready()).List.Entries[0].Addr, address("c"))
	select {
	case <-g.plans.Ready():
		t.Error("there is a second plan")
	default:
	}
}

// 200 handovers between lists that overlap or don't, with calls in flight all the time.
// Every generation drains once, and nothing is left.
func TestHandover_Many(t *testing.T) {
	lists := []string{"a b c", "c d", "e f", "a b c", "b:x c:y", "g drop g"}
	inBubble(t, tenSeconds, func(f *fixture) {
		var calls []*balancer.PickResult
		for i := range 200 {
			entries := lists[i%len(lists)]
			f.adopt(list(entries))
			for _, e := range strings.Fields(entries) {
				if name := e[:1]; e != "drop" && f.conn(name).State() != connectivity.Ready {
					f.up(name)
				}
			}
			for range 5 {
				if r, _ := f.hold(); r != nil {
					calls = append(calls, r)
				}
			}
			for len(calls) > 12 {
				calls[0].Done(answer)
				calls = calls[1:]
			}
		}
		for _, r := range calls {
			r.Done(answer)
		}
		synctest.Wait()
		s := f.group.Stats()
		want(t, "generations", s.Generations, 200)
		want(t, "drained, all but the last", s.Drained, 199)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want(t, "SubConns left", f.group.Stats().SubConns, s.Backends)
	})
}
