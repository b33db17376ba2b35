package rrgroup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// A nursery is a core whose plans have a child in part. The child does anything that it
// may do at any time. The test does not know where picks should go. It checks that no pick
// returns a SubConn that is shut down, and that nothing is left at the end.
type nursery struct {
	core     *core
	now      time.Time
	picker   balancer.Picker
	mine     []*hosted.Conn // that the child has not shut down
	calls    []balancer.PickResult
	conns    []*subConn
	children []*hosted.Instance // that were not told to end
	drained  map[*generation]int
	heard    []*generation
	ended    map[*hosted.Conn]bool // of which the child was told SHUTDOWN
}

// An openGate parks any number of calls.
type openGate struct{}

func (openGate) Park(context.Context, uint64) error { return nil }

// step does what two bytes say.
func (y *nursery) step(what, which byte) error {
	n := int(which)
	switch what % 12 {
	case 0:
		y.adopt(n)
	case 1, 2:
		y.make(n)
	case 3:
		y.with(n, func(hc *hosted.Conn) { y.core.children.Hear(hosted.Connects{Conn: hc}) })
	case 4:
		y.with(n, func(hc *hosted.Conn) {
			y.core.children.Hear(hosted.Shuts{Conn: hc})
			y.mine = slices.DeleteFunc(y.mine, func(o *hosted.Conn) bool { return o == hc })
		})
	case 5, 6:
		y.says(n)
	case 7, 8:
		y.reports(n)
	case 9:
		if err := y.picks(); err != nil {
			return err
		}
	case 10:
		y.finish(n)
	default:
		y.now = y.now.Add(time.Duration(n) * 40 * time.Millisecond)
	}
	if what >= 128 {
		return nil
	}
	return y.settle()
}

// adopt adopts a list or fallback addresses, with a child or without.
func (y *nursery) adopt(n int) {
	plan := *plans[n%len(plans)]
	if n%3 > 0 {
		plan.Child = &hosted.Child{Builder: lazyBuilder{}}
	}
	y.core.adopt(&plan, y.now, uint64(n))
}

// make has a child make a connection, to an address that its list may have or not, and
// mostly connects it.
func (y *nursery) make(n int) {
	if len(y.children) == 0 {
		return
	}
	by := y.children[n%len(y.children)]
	hc := hosted.NewConn(by, nil, resolver.Address{Addr: address(string(rune('a' + n%5)))}, balancer.NewSubConnOptions{})
	y.core.children.Hear(hosted.Makes{Conn: hc})
	if n%7 > 0 {
		y.core.children.Hear(hosted.Connects{Conn: hc})
	}
	y.mine = append(y.mine, hc)
}

// with does something to one of the child's connections.
func (y *nursery) with(n int, do func(*hosted.Conn)) {
	if len(y.mine) > 0 {
		do(y.mine[n%len(y.mine)])
	}
}

// says has the child publish a state, with a picker of one of its connections or of none.
// It may also report that it has carried out its orders.
func (y *nursery) says(n int) {
	y.with(n, func(hc *hosted.Conn) {
		s := &balancer.State{ConnectivityState: states[n%4], Picker: hosted.Blocked{}}
		if n%16 > 3 {
			s = &balancer.State{ConnectivityState: connectivity.Ready, Picker: always{hc}}
		}
		y.core.children.Hear(hosted.Says{Instance: hc.By(), State: s})
		if n%5 > 0 {
			y.core.children.Hear(hosted.Settled{Instance: hc.By(), Order: hc.By().Asked()})
		}
	})
}

func (y *nursery) reports(n int) {
	if len(y.conns) == 0 {
		return
	}
	c := y.conns[len(y.conns)-1-n/6%min(len(y.conns), 8)] // of the latest
	s := balancer.SubConnState{ConnectivityState: connectivity.Ready}
	if n%3 == 0 {
		s = balancer.SubConnState{ConnectivityState: states[n%len(states)], ConnectionError: errors.New("refused")}
	}
	y.core.reported(c, s)
}

// picks picks by the latest picker.
func (y *nursery) picks() error {
	switch y.picker.(type) {
	case *childPicker, *roundRobin:
	default:
		return nil
	}
	r, err := y.picker.Pick(pickInfo)
	if err != nil {
		return nil
	}
	y.calls = append(y.calls, r)
	if r.SubConn.(*connection).shut {
		return fmt.Errorf("a pick returned a SubConn that is shut down")
	}
	return nil
}

func (y *nursery) finish(n int) {
	if len(y.calls) == 0 {
		return
	}
	i := n % len(y.calls)
	y.calls[i].Done(outcomes[n/2%len(outcomes)])
	y.calls = slices.Delete(y.calls, i, i+1)
}

func (y *nursery) settle() error {
	for todo := y.core.settle(y.now); len(todo) > 0; todo = y.core.settle(y.now) {
		for _, a := range todo {
			if err := y.perform(a); err != nil {
				return err
			}
		}
	}
	for _, n := range y.drained {
		if n != 1 {
			return fmt.Errorf("a generation drained %d times", n)
		}
	}
	return nil
}

func (y *nursery) perform(a action) error {
	switch a := a.(type) {
	case makeSubConn:
		a.conn.sc = &connection{}
		y.conns = append(y.conns, a.conn)
	case connect:
		if a.conn.sc.(*connection).shut {
			return fmt.Errorf("%s is to connect after it was shut down", a.conn.address.Addr)
		}
	case shutDown:
		a.conn.sc.(*connection).shut = true
	case publish:
		y.picker = a.state.Picker
	case forChild:
		return y.performTask(a.task)
	case retire:
		a.generation.retire(func() {
			y.drained[a.generation]++
			y.heard = append(y.heard, a.generation)
		})
	}
	return nil
}

func (y *nursery) performTask(t hosted.Task) error {
	switch t := t.(type) {
	case hosted.Start:
		y.children = append(y.children, t.Instance)
	case hosted.Answer:
		y.core.children.Answer(t.Conn)
	case hosted.Tell:
		return y.ordered(t)
	}
	return nil
}

// ordered is what the minder would be told.
func (y *nursery) ordered(t hosted.Tell) error {
	switch o := t.Order.(type) {
	case hosted.Report:
		if y.ended[o.Conn] {
			return fmt.Errorf("the child is told %v of a connection after SHUTDOWN", o.State.ConnectivityState)
		}
		y.ended[o.Conn] = o.State.ConnectivityState == connectivity.Shutdown
	case hosted.End:
		y.mine = slices.DeleteFunc(y.mine, func(hc *hosted.Conn) bool { return hc.By() == t.Instance })
		y.children = slices.DeleteFunc(y.children, func(in *hosted.Instance) bool { return in == t.Instance })
	}
	return nil
}

// rest ends everything. Nothing may be left after it.
func (y *nursery) rest() error {
	y.core.adopt(&Plan{}, y.now, 0)
	for range 3 {
		for len(y.calls) > 0 {
			y.finish(0)
		}
		for _, g := range y.heard {
			y.core.ended(g)
		}
		y.heard = nil
		y.now = y.now.Add(time.Minute)
		if err := y.settle(); err != nil {
			return fmt.Errorf("coming to rest: %w", err)
		}
	}
	if s := y.core.stats(); s.SubConns != 0 || s.Drained != s.Generations-1 || y.core.children.Count() != 0 {
		return fmt.Errorf("at rest there is left: %+v and %d children", s, y.core.children.Count())
	}
	for _, c := range y.conns {
		if !c.sc.(*connection).shut || !c.isFree() {
			return fmt.Errorf("at rest %s is there, shut %t, idle %t", c.address.Addr, c.gone, c.isFree())
		}
	}
	return nil
}

// raise does the steps that the bytes say, and then calls rest.
func raise(steps []byte) error {
	y := &nursery{core: newCore(openGate{}, Settings{}), now: time.Unix(1e9, 0), drained: map[*generation]int{}, ended: map[*hosted.Conn]bool{}}
	y.core.settings = Settings{Linger: 3 * time.Second, Handover: 5 * time.Second}
	if len(steps)%4 > 1 {
		y.core.settings.Linger = 0 // what is released is gone at once
	}
	for i := 0; i+1 < len(steps); i += 2 {
		if err := y.step(steps[i], steps[i+1]); err != nil {
			return fmt.Errorf("after step %d: %w", i/2, err)
		}
	}
	if err := y.settle(); err != nil {
		return err
	}
	return y.rest()
}

func TestCore_KeepsTheLawsOfChildren(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 3))
		steps := make([]byte, 2*random.IntN(300))
		for i := range steps {
			steps[i] = byte(random.Uint32())
		}
		if err := raise(steps); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func FuzzCoreChildren(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0, 3, 0, 7, 2, 5, 2, 9, 0, 0, 2, 2, 1, 3, 1, 7, 2, 5, 6, 9, 0, 10, 0, 4, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		if err := raise(steps); err != nil {
			t.Error(err)
		}
	})
}
