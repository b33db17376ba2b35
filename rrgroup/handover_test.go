package rrgroup

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
)

var pickInfo = balancer.PickInfo{}

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

// What a backend failed at while nobody named it does not count: the list that
// names it again waits for its next attempt.
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

// What a backend failed at before there was the list that names it does not
// count either, while others serve: it may be well again, and only waits to
// connect again.
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

// Where nobody serves there is nothing to wait with.
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

// While the group is busy plans do not pile up: it finds the last one.
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

func TestHandover_Drain(t *testing.T) {
	inBubble(t, Settings{Handover: time.Second}, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a", "b")
		one, _ := f.hold()
		two, _ := f.hold()
		a, b := f.conn("a"), f.conn("b")
		f.adopt(list("c"))
		f.up("c")
		time.Sleep(time.Hour)
		one.Done(answer)
		synctest.Wait()
		want(t, "generations drained with a call in flight", f.group.Stats().Drained, 0)
		if a.Shut() || b.Shut() {
			t.Error("a SubConn was released with a call of its generation in flight")
		}
		two.Done(answer)
		synctest.Wait()
		want(t, "generations drained after the last call", f.group.Stats().Drained, 1)
		if !a.Shut() || !b.Shut() {
			t.Error("a SubConn was not released after the last call")
		}
	})
}

// A picker that gRPC still holds must not lead anybody to a released SubConn.
func TestHandover_DrainOldPicker(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		old := f.Updates()[len(f.Updates())-1].Picker
		f.adopt(list("b"))
		f.up("b")
		for range 3 {
			if _, err := old.Pick(pickInfo); err != balancer.ErrNoSubConnAvailable {
				t.Errorf("a retired picker returned %v", err)
			}
		}
		synctest.Wait()
		want(t, "generations drained", f.group.Stats().Drained, 1)
	})
}

// Picks that are refused must not count as calls that end, in the place of one
// that is in flight.
func TestHandover_DrainStrayPicks(t *testing.T) {
	g := newGeneration(list("a b"), time.Time{}, 0)
	busy, free := g.entry(0), g.entry(1)
	drained := 0
	call, err := busy.Pick()
	if err != nil {
		t.Fatal(err)
	}
	g.retire(func() { drained++ })
	for range 3 {
		if _, err := free.Pick(); err != balancer.ErrNoSubConnAvailable {
			t.Errorf("a retired entry was picked: %v", err)
		}
	}
	want(t, "drained with a call in flight", drained, 0)
	call.Done(answer)
	want(t, "drained after it", drained, 1)
}

// Callers pick and end calls on every core while the generation is retired:
// it drains once, after the last call and not before.
func TestHandover_DrainUnderLoad(t *testing.T) {
	for range 50 {
		g := newGeneration(list("a b"), time.Time{}, 0)
		entries := []*entry{g.entry(0), g.entry(1)}
		var drained atomic.Int64
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for i := 0; ; i++ {
					e := entries[i%2]
					r, err := e.Pick()
					if err != nil {
						return
					}
					if drained.Load() != 0 {
						t.Error("drained with a call in flight")
					}
					r.Done(answer)
				}
			})
		}
		runtime.Gosched()
		g.retire(func() { drained.Add(1) })
		callers.Wait()
		want(t, "times drained", drained.Load(), 1)
	}
}

// A backend that was never READY has no call in flight, so nothing is gained by
// keeping it until those of others are done.
func TestHandover_LingerOfWhatNeverConnected(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a")
		b := f.conn("b")
		call, _ := f.hold()
		f.adopt(list("c"))
		want(t, "shut while c connects", b.Shut(), false)
		f.up("c")
		want(t, "shut when c has taken over", b.Shut(), true)
		want(t, "a is shut, which has a call", f.conn("a").Shut(), false)
		call.Done(answer)
		synctest.Wait()
		want(t, "generations drained", f.group.Stats().Drained, 1)
	})
}

func TestHandover_Linger(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		a := f.conn("a")
		f.adopt(list("b"))
		f.up("b")
		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		want(t, "shut just before its time", a.Shut(), false)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		want(t, "shut at its time", a.Shut(), true)
	})
}

func TestHandover_LingerIsTakenUpAgain(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b"))
		f.up("b")
		time.Sleep(5 * time.Second)
		f.adopt(list("a"))
		want(t, "pick over the connection that lingered", f.pick(), "a")
		time.Sleep(time.Hour)
		synctest.Wait()
		want(t, "SubConns made", len(f.SubConns()), 2)
		want(t, "a shut", f.SubConns()[0].Shut(), false)
		want(t, "b shut", f.SubConns()[1].Shut(), true)
	})
}

func TestHandover_LingerNeverReconnects(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		a := f.conn("a")
		f.adopt(list("b"))
		f.up("b")
		published := len(f.Updates())
		a.SetState(connectivity.Idle)
		a.SetState(connectivity.TransientFailure, errors.New("refused"))
		a.SetState(connectivity.Idle)
		synctest.Wait()
		want(t, "connection attempts of a lingering SubConn", a.Connects(), 1)
		want(t, "pickers published for what it reports", len(f.Updates()), published)
		f.adopt(list("a"))
		want(t, "connection attempts when it is taken up", a.Connects(), 2)
	})
}

func TestHandover_LingerNotBeforeItConnected(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a")
		b := f.conn("b")
		f.adopt(list("a"))
		want(t, "shut", b.Shut(), true)
	})
}

func TestHandover_Keys(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(fallback("a"))
		want(t, "SubConns after the same address was named by the resolver", len(f.SubConns()), 2)
		checked := list("a")
		checked.CheckHealth = true
		f.adopt(checked)
		want(t, "SubConns after the same list with health checks", len(f.SubConns()), 3)
		for i, checks := range []bool{false, false, true} {
			want(t, "health checks, by the SubConn itself", f.SubConns()[i].Options.HealthCheckEnabled, checks)
		}
	})
}

func TestHandover_KeysAttributes(t *testing.T) {
	with := func(value string) *Plan {
		return &Plan{Provenance: FromResolver, Endpoints: []resolver.Endpoint{
			{Addresses: []resolver.Address{{Addr: address("a"), Attributes: attributes.New("key", value)}}},
		}}
	}
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(with("x"))
		f.SubConns()[0].SetState(connectivity.Ready)
		f.adopt(with("x"))
		want(t, "SubConns for attributes that compare equal", len(f.SubConns()), 1)
		f.adopt(with("y"))
		want(t, "SubConns for others", len(f.SubConns()), 2)
	})
}

// 200 handovers between overlapping and disjoint lists, with calls in flight
// all the time: every generation drains once, and nothing is left.
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
