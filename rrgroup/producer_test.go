package rrgroup

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// A yielding builds producers and counts them.
type yielding struct{ built, closed *atomic.Int32 }

func (p yielding) Build(any) (balancer.Producer, func()) {
	p.built.Add(1)
	return p, func() { p.closed.Add(1) }
}

func newYielding() yielding { return yielding{new(atomic.Int32), new(atomic.Int32)} }

// A producer can be had as soon as the connection is made, from any goroutine.
func TestState_ChildContract_Producers(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		p, sc := newYielding(), s.make("a")
		if got, _ := sc.GetOrBuildProducer(p); got != p {
			t.Errorf("got the producer %v", got)
		}
		for range 10 {
			go sc.GetOrBuildProducer(p)
		}
		sc.Connect()
		synctest.Wait()
		f.up("a")
		want(t, "producers", p.built.Load(), 11)
	})
}

// Producers that the child has not given back are given back when their connection is shut
// down, though the SubConn lingers. Each is given back once.
func TestState_ChildContract_ProducersEnd(t *testing.T) {
	for name, end := range map[string]func(*fixture, balancer.SubConn){
		"Shutdown": func(_ *fixture, sc balancer.SubConn) { sc.Shutdown() },
		"Close":    func(f *fixture, _ balancer.SubConn) { f.adopt(list("b")); f.up("b") },
		"the end":  func(f *fixture, _ balancer.SubConn) { f.actors.Stop() },
	} {
		t.Run(name, func(t *testing.T) {
			hostingIn(t, list("a"), func(f *fixture, s *scripted) {
				p, given, sc := newYielding(), newYielding(), s.make("a")
				sc.Connect()
				synctest.Wait()
				f.up("a")
				sc.GetOrBuildProducer(p)
				_, giveBack := sc.GetOrBuildProducer(given)
				giveBack()
				synctest.Wait()
				want(t, "closed before", p.closed.Load(), 0)
				end(f, sc)
				synctest.Wait()
				want(t, "closed", p.closed.Load(), 1)
				want(t, "of what was given back", given.closed.Load(), 1)
				sc.GetOrBuildProducer(p) // is of no use any more, and no harm
			})
		})
	}
}

// When the state changes gRPC closes the producers, so none is given back.
func TestState_ChildContract_ProducersOfLostConnections(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		p, sc := newYielding(), s.make("a")
		sc.Connect()
		synctest.Wait()
		f.up("a")
		sc.GetOrBuildProducer(p)
		f.each([]string{"a"}, connectivity.Idle)
		sc.Shutdown()
		synctest.Wait()
		want(t, "closed by us", p.closed.Load(), 0)
	})
}

// A SubConn that a child has used is not shut down by the group's goroutine: its producers
// may block, and may wait for something that waits for the group.
func TestState_ChildContract_ShutdownTakesTheChildsTime(t *testing.T) {
	hostingIn(t, list("a"), func(f *fixture, s *scripted) {
		hold := make(chan struct{})
		s.update = func(*scripted, resolver.State) error { <-hold; return nil }
		sc := s.make("a")
		f.group.Adopt(list("a b").with(&hosted.Child{Builder: s})) // the child does not come back from this
		synctest.Wait()
		sc.Shutdown()
		synctest.Wait()
		want(t, "shut while the child is busy", f.SubConn(1).Shut(), false)
		want(t, "the group answers", f.group.Stats().Generations, 2)
		s.make("b")
		want(t, "a connection meanwhile", len(f.SubConns()), 2)
		close(hold)
		synctest.Wait()
		want(t, "shut", f.SubConn(1).Shut(), true)
	})
}
