package rrgroup

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A twin is a second, simple implementation of the core's decisions. It keeps the last
// report of every SubConn, and works out all else from the two plans each time it is
// asked.
type twin struct {
	current, incoming *Plan
	since             time.Time // of the incoming one
	shown             connectivity.State
	last              map[*subConn]lastReport
	plans             int // adopted
}

type lastReport struct {
	state  connectivity.State
	failed bool
	plan   int // the newest when it failed
	known  int // the newest when it failed or was READY
}

func newTwin() *twin { return &twin{shown: connectivity.Connecting, last: map[*subConn]lastReport{}} }

// adopt replaces the incoming plan. Failures of SubConns that no plan named are forgotten.
func (w *twin) adopt(p *Plan, now time.Time, pool *pool) {
	for _, c := range backing(p, pool) {
		if !w.wanted(c, pool) {
			w.last[c] = lastReport{state: w.last[c].state}
		}
	}
	w.incoming, w.since = p, now
	w.plans++
}

// wanted reports whether one of the plans names c.
func (w *twin) wanted(c *subConn, pool *pool) bool {
	for _, p := range []*Plan{w.current, w.incoming} {
		for _, b := range backing(p, pool) {
			if b == c {
				return true
			}
		}
	}
	return false
}

// report notes a report. The core's SubConn serves as a key only.
func (w *twin) report(c *subConn, s connectivity.State) {
	if c.gone || s == connectivity.Shutdown {
		return
	}
	last := w.last[c]
	if last.state == connectivity.Ready {
		last.known = w.plans
	}
	switch s {
	case connectivity.Ready:
		last = lastReport{known: w.plans}
	case connectivity.TransientFailure:
		last = lastReport{failed: true, plan: w.plans, known: w.plans}
	}
	last.state = s
	w.last[c] = last
}

// settle decides on the handover and on the state to show.
func (w *twin) settle(now time.Time, handover time.Duration, pool *pool) {
	if w.incoming != nil {
		state := w.stateOf(w.incoming, pool)
		empty := w.incoming.size() == 0
		waits := state == connectivity.Connecting && !empty || w.untried(pool)
		if !waits || now.Sub(w.since) >= handover {
			w.current, w.incoming = w.incoming, nil
		}
	}
	if w.current == nil {
		return // CONNECTING, from the start
	}
	state := w.stateOf(w.current, pool)
	if state == connectivity.Connecting && w.current.size() > 0 && w.shown == connectivity.TransientFailure {
		return
	}
	if state == connectivity.TransientFailure && w.incoming != nil && w.shown != connectivity.TransientFailure {
		state = connectivity.Connecting
	}
	w.shown = state
}

// untried reports whether all failures of the incoming plan are older than the plan, and
// there are some, while the current plan has a READY backend.
func (w *twin) untried(pool *pool) bool {
	if w.current == nil || w.ready(pool) == "" || w.stateOf(w.incoming, pool) == connectivity.Ready {
		return false
	}
	for _, c := range backing(w.incoming, pool) {
		if r := w.last[c]; r.failed && r.plan < w.plans {
			return true
		}
	}
	return false
}

// aggregate returns what the policy should be told.
func (w *twin) aggregate(now time.Time, handover time.Duration, pool *pool) (a Aggregate) {
	if a.Plan = w.incoming; a.Plan == nil {
		a.Plan = w.current
	}
	a.Ready = w.ready(pool) != ""
	for _, c := range backing(a.Plan, pool) {
		r := w.last[c]
		if r.state != connectivity.Ready && !r.failed && r.known < w.plans && now.Sub(w.since) < handover {
			a.Arriving = true
		}
	}
	return a
}

func (w *twin) stateOf(p *Plan, pool *pool) connectivity.State {
	pending := false
	for _, c := range backing(p, pool) {
		switch r := w.last[c]; {
		case r.state == connectivity.Ready:
			return connectivity.Ready
		case !r.failed:
			pending = true
		}
	}
	switch {
	case p.size() == 0 && p.drops():
		return connectivity.Ready
	case pending, p.size() == 0 && p.Unserved == nil:
		return connectivity.Connecting
	}
	return connectivity.TransientFailure
}

// ready returns the addresses of the READY entries, in order.
func (w *twin) ready(pool *pool) string {
	var all []string
	for _, c := range backing(w.current, pool) {
		if w.last[c].state == connectivity.Ready {
			all = append(all, c.address.Addr)
		}
	}
	return strings.Join(all, " ")
}

// backing looks up the SubConns of a plan.
func backing(p *Plan, pool *pool) (all []*subConn) {
	if p == nil {
		return nil
	}
	for _, b := range p.backends() {
		if c := pool.get(listedKey(b.Addr, false)); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// A connection is a SubConn that only knows whether it was shut down.
type connection struct {
	balancer.SubConn
	shut bool
	late bool // it was told to connect after that
}

func (c *connection) Connect()  { c.late = c.late || c.shut }
func (c *connection) Shutdown() { c.shut = true }

// A call is one that is in flight.
type call struct {
	balancer.PickResult
	of *generation
	by *Plan
}

// An ensemble is a core with all that it needs around it, and its twin.
type ensemble struct {
	core   *core
	twin   *twin
	now    time.Time
	picker balancer.Picker
	conns  []*subConn           // ever made
	calls  []call               // in flight
	open   map[*generation]int  // calls in flight of each
	ended  map[*generation]int  // how often each has drained
	heard  []*generation        // drained, and the core not told yet
	retire map[*generation]bool // told to end

	balancerStream uint64 // that lists come from
	books          books
}

func newEnsemble(settings Settings) *ensemble {
	e := &ensemble{
		core:   newCore(nil, Settings{}),
		twin:   newTwin(),
		now:    time.Unix(1e9, 0),
		open:   map[*generation]int{},
		ended:  map[*generation]int{},
		retire: map[*generation]bool{},
	}
	e.core.settings = settings
	return e
}

// settle has the core settle, carries out its actions, and compares the result with the
// twin's. It returns what is wrong.
func (e *ensemble) settle() error {
	for {
		todo := e.core.settle(e.now)
		if len(todo) == 0 {
			break
		}
		for _, a := range todo {
			if err := e.perform(a); err != nil {
				return err
			}
		}
	}
	e.twin.settle(e.now, e.core.settings.Handover, &e.core.pool)
	return e.compare()
}

func (e *ensemble) perform(a action) error {
	switch a := a.(type) {
	case makeSubConn:
		a.conn.sc = &connection{}
		e.conns = append(e.conns, a.conn)
	case connect:
		a.conn.connect()
		if a.conn.sc.(*connection).late {
			return fmt.Errorf("%s connects after it was shut down", a.conn.address.Addr)
		}
	case shutDown:
		if a.conn.sc != nil {
			a.conn.sc.Shutdown()
		}
	case publish:
		e.picker = a.state.Picker
	case retire:
		if e.retire[a.generation] {
			return fmt.Errorf("a generation is retired twice")
		}
		e.retire[a.generation] = true
		a.generation.retire(func() { e.ended[a.generation]++; e.heard = append(e.heard, a.generation) })
	}
	return nil
}

// compare compares the core with its twin, and checks both against the laws.
func (e *ensemble) compare() error {
	if e.core.display.state != e.twin.shown {
		return fmt.Errorf("state %v, the twin has %v", e.core.display.state, e.twin.shown)
	}
	told := e.twin.aggregate(e.now, e.core.settings.Handover, &e.core.pool)
	if got := e.core.aggregate(); got != told {
		return fmt.Errorf("aggregate %+v, the twin has %+v", got, told)
	}
	for g, n := range e.ended {
		if n != 1 || e.open[g] != 0 {
			return fmt.Errorf("a generation drained %d times, with %d calls in flight", n, e.open[g])
		}
	}
	p, ok := e.picker.(*roundRobin)
	if !ok {
		return nil
	}
	var ready []string
	for _, r := range p.ready {
		if r.conn.(*connection).shut {
			return fmt.Errorf("the picker names a SubConn that is shut down")
		}
		ready = append(ready, r.generation.conns()[r.place()].address.Addr)
	}
	if got, want := strings.Join(ready, " "), e.twin.ready(&e.core.pool); got != want {
		return fmt.Errorf("the picker has %q, the twin %q", got, want)
	}
	return nil
}

// conns are the SubConns of a generation that the group's own rotation chooses for.
func (g *generation) conns() []*subConn { return g.by.(*rotation).conns }

// place returns the place of e in its rotation.
func (e *entry) place() int {
	for i := range e.generation.size {
		if e.generation.entry(i) == e {
			return i
		}
	}
	panic("BUG: an entry that is not of its generation")
}
