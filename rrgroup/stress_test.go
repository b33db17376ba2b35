package rrgroup

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/actorlb/grpclb/tokens"
)

// A shift is a core with calls on many goroutines that never stop. The model of the
// protocol shows a few steps; here the code does very many. This is of most use with the
// race detector.
type shift struct {
	*testing.T
	core   *core
	latest atomic.Pointer[roundRobin]

	picked, used, dropped atomic.Int64

	told tokens.Counts
}

// A term is one generation of a shift.
type term struct{ drained atomic.Int64 }

// Callers pick by the latest picker while one generation replaces another, on 1, 2 and 8
// threads.
func TestReport_ExactOverHandoversUnderLoad(t *testing.T) {
	for _, threads := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
			(&shift{T: t, core: newCore(nil, Settings{})}).work(4, 150)
		})
	}
}

func (s *shift) work(callers, generations int) {
	terms := map[*generation]*term{}
	over := make(chan struct{})
	var running sync.WaitGroup
	next := s.begin(terms)
	for range callers {
		running.Go(func() { s.call(over) })
	}
	for range generations {
		last := next
		next = s.begin(terms)
		for range 20 {
			runtime.Gosched()
		}
		of := terms[last]
		last.retire(func() { of.drained.Add(1) })
		s.count()
		for g, of := range terms {
			if of.drained.Load() > 0 {
				s.core.ledger.fold(g)
			}
		}
	}
	close(over)
	running.Wait()
	next.retire(func() { terms[next].drained.Add(1) })
	for _, of := range terms {
		want(s.T, "times that a generation drained", of.drained.Load(), 1)
	}
	s.count()
	want(s.T, "finished in the reports", s.told.Finished, s.used.Load()+s.dropped.Load())
	if over := s.told.Started - s.told.Finished; over < 0 || over > s.picked.Load()-s.used.Load() {
		s.Errorf("%d more were started than finished, of %d picks that were not used", over, s.picked.Load()-s.used.Load())
	}
}

// begin has another generation serve, by a picker over all of its entries.
func (s *shift) begin(terms map[*generation]*term) *generation {
	plan := from(1, "a b drop")
	g := newGeneration(plan, time.Time{}, 0)
	g.dropBy(s.core.owed)
	s.core.ledger.open(g)
	of := &term{}
	terms[g] = of
	var ready []*entry
	for i := range g.size {
		ready = append(ready, g.entry(i).onto(&inTerm{of: of}))
	}
	s.latest.Store(newRoundRobin(g, ready))
	return g
}

// An inTerm is a SubConn that knows the term whose entry it is for.
type inTerm struct {
	connection
	of *term
}

// call makes calls until it is told to stop.
func (s *shift) call(over <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		default:
		}
		r, err := s.latest.Load().Pick(pickInfo)
		if err == errDropped {
			s.dropped.Add(1)
		}
		if err != nil {
			continue
		}
		of := r.SubConn.(*inTerm).of
		s.picked.Add(1)
		if of.drained.Load() != 0 {
			s.Error("a pick returned a SubConn of a generation that has drained")
		}
		if i%4 == 0 {
			runtime.Gosched()
		}
		how := outcomes[i%len(outcomes)]
		if how.BytesSent || how.Err != nil {
			s.used.Add(1)
		}
		if of.drained.Load() != 0 {
			s.Error("a generation drained with a call in flight")
		}
		r.Done(how)
	}
}

// count makes a report.
func (s *shift) count() {
	news := s.core.ledger.count(1)
	s.told.Started += news.Started
	s.told.Finished += news.Finished
	if s.told.Finished > s.told.Started {
		s.Fatalf("reports have %d finished of %d started", s.told.Finished, s.told.Started)
	}
}
