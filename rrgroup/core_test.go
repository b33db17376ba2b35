package rrgroup

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// plans are adopted by an ensemble. It chooses by its own rotation. For fallback, where a
// child chooses, see nursery.
var plans = []*Plan{
	list("a b c"), list("b c d"), list("e f"), list("a a:x b"), list("a drop b"), list("drop"),
	list("a"), list("b a"), list("g"), fallback(""), {}, list("d c b a"),
}

var states = []connectivity.State{
	connectivity.Idle, connectivity.Connecting, connectivity.Ready, connectivity.TransientFailure,
	connectivity.Ready, connectivity.Shutdown,
}

// step does what two bytes say: the first says which event, the second to which object.
// Several events may come before the core settles.
func (e *ensemble) step(what, which byte) error {
	n := int(which)
	switch what % 8 {
	case 0, 1:
		plan := e.fromCall(plans[n%len(plans)], n)
		e.twin.adopt(plan, e.now, &e.core.pool)
		e.core.adopt(plan, e.now, uint64(n))
		e.books.open(plan)
	case 2, 3:
		e.report(n)
	case 4:
		e.pick()
	case 5:
		e.finish(n)
	case 6:
		e.now = e.now.Add(time.Duration(n) * 100 * time.Millisecond)
	case 7:
		e.tell()
		if err := e.books.audit(e.core); err != nil {
			return err
		}
	}
	if what >= 128 {
		return nil // settle with the next one
	}
	return e.settle()
}

// report has one of the SubConns report a state.
func (e *ensemble) report(n int) {
	if len(e.conns) == 0 {
		return
	}
	c := e.conns[len(e.conns)-1-n/len(states)%len(e.conns)]
	s := states[n%len(states)]
	e.twin.report(c, s)
	e.core.reported(c, balancer.SubConnState{ConnectivityState: s, ConnectionError: fmt.Errorf("refused")})
}

// fromCall returns the plan with the number of the present stream, or of the next.
func (e *ensemble) fromCall(p *Plan, n int) *Plan {
	if n%5 == 0 {
		e.balancerStream++
	}
	q := *p
	q.Stream = e.balancerStream
	return &q
}

// pick begins a call, if the latest picker sends it to a backend.
func (e *ensemble) pick() {
	var of *generation
	switch p := e.picker.(type) {
	case *roundRobin:
		of = p.ready[0].generation
	case dropping:
		of = e.core.current
	default:
		return
	}
	r, err := e.picker.Pick(pickInfo)
	e.books.picked(of.plan, err)
	if err != nil {
		return
	}
	e.open[of]++
	e.calls = append(e.calls, call{r, of, of.plan})
}

// outcomes are the ways in which a call can end.
var outcomes = []balancer.DoneInfo{
	answer,
	{BytesSent: true, Err: errors.New("lost")},
	{Err: errors.New("not sent")},
	{}, // gRPC did not use the pick
}

// finish ends one of the calls in flight.
func (e *ensemble) finish(n int) {
	if len(e.calls) == 0 {
		return
	}
	i := n % len(e.calls)
	c := e.calls[i]
	e.calls = append(e.calls[:i], e.calls[i+1:]...)
	e.open[c.of]--
	how := outcomes[n/2%len(outcomes)]
	e.books.done(c.by, how)
	c.Done(how)
}

// tell tells the core which generations have drained.
func (e *ensemble) tell() {
	for _, g := range e.heard {
		e.core.ended(g)
	}
	e.heard = nil
}

// play does the steps that the bytes say, and then calls rest, after which nothing may be
// left.
func play(steps []byte) error {
	e := newEnsemble(Settings{Linger: 3 * time.Second, Handover: 5 * time.Second})
	for i := 0; i+1 < len(steps); i += 2 {
		if err := e.step(steps[i], steps[i+1]); err != nil {
			return fmt.Errorf("after step %d: %w", i/2, err)
		}
	}
	return e.rest()
}

// rest ends every call, adopts a plan without backends and lets all times run out.
func (e *ensemble) rest() error {
	nobody := &Plan{}
	e.core.adopt(nobody, e.now, 0)
	e.twin.adopt(nobody, e.now, &e.core.pool)
	for range 3 {
		for len(e.calls) > 0 {
			e.finish(0)
		}
		e.tell()
		e.now = e.now.Add(time.Minute)
		if err := e.settle(); err != nil {
			return fmt.Errorf("coming to rest: %w", err)
		}
	}
	if s := e.core.stats(); s.SubConns != 0 || s.Drained != s.Generations-1 {
		return fmt.Errorf("at rest there is left: %+v", s)
	}
	if err := e.books.audit(e.core); err != nil {
		return err
	}
	if next := e.core.next(); !next.IsZero() {
		return fmt.Errorf("at rest there is a timer set for %v", next)
	}
	return nil
}

func TestCore_AgreesWithItsTwin(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		steps := make([]byte, 2*random.IntN(120))
		for i := range steps {
			steps[i] = byte(random.Uint32())
		}
		if err := play(steps); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func FuzzCore(f *testing.F) {
	f.Add([]byte{0, 0, 2, 2, 4, 0, 0, 2, 2, 2, 5, 0, 7, 0, 6, 200})
	f.Add([]byte{0, 6, 2, 2, 4, 0, 0, 7, 2, 3, 2, 0, 0, 6, 6, 31, 2, 2})
	f.Add([]byte{128, 0, 128, 1, 0, 2, 2, 3, 2, 9, 6, 60})
	f.Fuzz(func(t *testing.T, steps []byte) {
		if err := play(steps); err != nil {
			t.Error(err)
		}
	})
}
