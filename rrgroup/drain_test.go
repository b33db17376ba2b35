package rrgroup

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
)

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

// A picker that was replaced must not return a SubConn that was let go.
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

// A refused pick does not count as a call that ends.
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

// Callers pick and end calls on all processors while the generation is retired. It drains
// once, and not before the last call has ended.
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
