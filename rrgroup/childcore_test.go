package rrgroup

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// A puppet is a child that does what the test says, with a core that handles its messages
// in the batches that the test chooses.
type puppet struct {
	*testing.T
	core   *core
	now    time.Time
	child  *hosted.Instance
	picker balancer.Picker // published last
	shut   []string        // in order
}

func newPuppet(t *testing.T) *puppet {
	p := &puppet{T: t, core: newCore(nil, Settings{}), now: time.Unix(1e9, 0)}
	p.core.settings = tenSeconds
	return p
}

func (p *puppet) adopt(entries string) {
	p.core.adopt(list(entries).with(&hosted.Child{Builder: lazyBuilder{}}), p.now, 0)
}

// settle carries out what the core wants done. The child says nothing by itself.
func (p *puppet) settle() {
	for todo := p.core.settle(p.now); len(todo) > 0; todo = p.core.settle(p.now) {
		for _, a := range todo {
			switch a := a.(type) {
			case makeSubConn:
				a.conn.sc = &connection{}
			case forChild:
				p.perform(a.task)
			case publish:
				p.picker = a.state.Picker
			case shutDown:
				p.shut = append(p.shut, letter(a.conn.address.Addr))
			case retire:
				a.generation.retire(func() {})
			}
		}
	}
}

// perform carries out what the children want. There is no minder.
func (p *puppet) perform(t hosted.Task) {
	switch t := t.(type) {
	case hosted.Start:
		p.child = t.Instance
	case hosted.Answer:
		p.core.children.Answer(t.Conn)
	}
}

func (p *puppet) hears(m hosted.Message) { p.core.children.Hear(m) }

// publishes has the child publish a picker in state READY.
func (p *puppet) publishes(picker balancer.Picker) *balancer.State {
	said := &balancer.State{ConnectivityState: connectivity.Ready, Picker: picker}
	p.hears(hosted.Says{Instance: p.child, State: said})
	return said
}

// settles has the child report that it has carried out the orders up to this one.
func (p *puppet) settles(order uint64) { p.hears(hosted.Settled{Instance: p.child, Order: order}) }

// behind returns the SubConn of the pool behind a connection.
func (p *puppet) behind(hc *hosted.Conn) *subConn {
	return p.core.pool.get(key{address: resolver.Address{Addr: hc.String()}, provenance: FromBalancer})
}

// connect has the child make a connection, which becomes READY.
func (p *puppet) connect(letter string) *hosted.Conn {
	hc := hosted.NewConn(p.child, nil, resolver.Address{Addr: address(letter)}, balancer.NewSubConnOptions{})
	p.hears(hosted.Makes{Conn: hc})
	p.hears(hosted.Connects{Conn: hc})
	p.settle()
	p.core.reported(p.behind(hc), balancer.SubConnState{ConnectivityState: connectivity.Ready})
	return hc
}

// says has the child publish a picker of one connection, and report that it has carried
// out its orders.
func (p *puppet) says(hc *hosted.Conn) *balancer.State {
	said := p.publishes(always{hc})
	p.settles(p.child.Asked())
	return said
}

// An always picker picks one connection.
type always struct{ hc *hosted.Conn }

func (a always) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: a.hc}, nil
}

// picks fails the test unless a pick returns this connection.
func (p *puppet) picks(hc *hosted.Conn) {
	p.Helper()
	if r, err := p.picker.Pick(balancer.PickInfo{}); err != nil || r.SubConn != p.behind(hc).sc {
		p.Errorf("pick %v, error %v", r.SubConn, err)
	}
}

// In one batch the child publishes for the old list, and the new list comes. What it
// published serves until the new list replaces the old one.
func TestHandover_MakeBeforeBreakChildsLastWord(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a b")
	p.settle()
	p.says(p.connect("a"))
	p.settle()
	b := p.connect("b")
	p.says(b)
	p.adopt("c")
	p.settle()
	p.picks(b)
	c := p.connect("c")
	p.says(c)
	p.settle()
	p.picks(c)
}

// A connection that the child has shut down is let go only when the child has published a
// picker without it.
func TestHandover_LingerChildGivesUpFirst(t *testing.T) {
	p := newPuppet(t)
	p.core.settings.Linger = 0
	p.adopt("a b")
	p.settle()
	a := p.connect("a")
	p.says(a)
	p.settle()
	p.hears(hosted.Shuts{Conn: a})
	p.settle()
	want(t, "SubConns shut while the picker names them", len(p.shut), 0)
	p.picks(a)
	b := p.connect("b")
	p.says(b)
	p.settle()
	p.picks(b)
	want(t, "SubConns shut", len(p.shut), 1)
	p.settle()
	want(t, "SubConns", len(p.core.pool.all()), 1)
}

// A plan comes while the child handles the one before. When the child gets to it, it may
// have been replaced.
func TestHandover_Latest_OfABusyChild(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a")
	p.settle()
	a := p.connect("a")
	p.says(a)
	p.settle()
	p.adopt("b") // which the child is given
	p.settle()
	busy := p.child.Asked()
	p.adopt("c") // and this one not yet
	p.settle()
	p.core.adopt(list("d"), p.now, 0)
	p.settle()
	p.settles(busy)
	p.settle()
	want(t, "orders since", p.child.Asked(), busy)
	p.picks(a)
}

// The child does not replace the picker of an old list any more. If that picker has calls
// wait, as ring_hash's may, they go to a backend that is READY.
func TestHandover_MakeBeforeBreak_ChildsOldPickerWaits(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a b")
	p.settle()
	a := p.connect("a")
	p.publishes(hosted.Blocked{})
	p.settles(p.child.Asked())
	p.settle()
	if _, err := p.picker.Pick(balancer.PickInfo{}); err != balancer.ErrNoSubConnAvailable {
		t.Errorf("the child's word that a call has to wait becomes %v", err)
	}
	p.adopt("c")
	p.settle()
	p.picks(a)
}

// Calls are picked while the generation of their picker is retired. Each goes to a
// backend, or has to ask the next picker.
func TestHandover_DrainUnderLoad_Child(t *testing.T) {
	p := newPuppet(t)
	var latest atomic.Pointer[balancer.Picker]
	var over atomic.Bool
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for !over.Load() {
				picker := latest.Load()
				if picker == nil {
					continue
				}
				switch r, err := (*picker).Pick(balancer.PickInfo{}); err {
				case nil:
					r.Done(answer)
				case balancer.ErrNoSubConnAvailable:
				default:
					t.Error(err)
				}
			}
		})
	}
	for i := range 500 {
		p.adopt([]string{"a b", "b c", "c a"}[i%3])
		p.settle()
		p.says(p.connect([]string{"a", "b", "c"}[i%3]))
		p.settle()
		picker := p.picker
		latest.Store(&picker)
	}
	over.Store(true)
	callers.Wait()
}
