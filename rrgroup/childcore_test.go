package rrgroup

import (
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// A puppet is a child whose words the test puts into its mouth, with a core
// around it that takes them in the batches that the test chooses.
type puppet struct {
	*testing.T
	core   *core
	now    time.Time
	picker balancer.Picker // published last
	shut   []string        // in order
}

func newPuppet(t *testing.T) *puppet {
	p := &puppet{T: t, core: newCore(nil), now: time.Unix(1e9, 0)}
	p.core.settings = tenSeconds
	return p
}

func (p *puppet) adopt(entries string) {
	p.core.adopt(list(entries).with(&Child{Builder: lazyBuilder{}}), p.now, 0)
}

// settle carries out what the core wants done, except that the child says nothing
// but what the test has it say.
func (p *puppet) settle() {
	for todo := p.core.settle(p.now); len(todo) > 0; todo = p.core.settle(p.now) {
		for _, a := range todo {
			switch a := a.(type) {
			case makeSubConn:
				a.conn.sc = &connection{}
			case handOver:
				a.reply <- p.core.childGets(a.conn)
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

// connect has the child make a connection, which comes up.
func (p *puppet) connect(letter string) *childConn {
	hc := &childConn{host: p.core.hosts[0], address: resolver.Address{Addr: address(letter)}}
	p.core.childMade(hc, make(chan error, 1))
	p.core.childConnected(hc)
	p.settle()
	p.core.reported(hc.conn, balancer.SubConnState{ConnectivityState: connectivity.Ready})
	return hc
}

// says has the child publish a picker of one connection, and mean it.
func (p *puppet) says(hc *childConn) {
	p.core.childSaid(hc.host, &balancer.State{ConnectivityState: connectivity.Ready, Picker: always{hc}})
	p.core.childSettled(hc.host, hc.host.asked)
}

// An always picker picks one connection.
type always struct{ hc *childConn }

func (a always) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: a.hc}, nil
}

// picks fails the test unless a pick goes to this connection.
func (p *puppet) picks(hc *childConn) {
	p.Helper()
	if r, err := p.picker.Pick(balancer.PickInfo{}); err != nil || r.SubConn != hc.conn.sc {
		p.Errorf("pick %v, error %v", r.SubConn, err)
	}
}

// What the child says of the old list last, in the batch in which the new one
// comes, is what serves until the new one takes over.
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

// Law 8: what the child gives up before it has a picker without it is shut down
// when it has one.
func TestHandover_LingerChildGivesUpFirst(t *testing.T) {
	p := newPuppet(t)
	p.core.settings.Linger = 0
	p.adopt("a b")
	p.settle()
	a := p.connect("a")
	p.says(a)
	p.settle()
	p.core.childShut(a)
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

// A plan that came while the child was busy with the one before may be gone when
// the child has time for it.
func TestHandover_Latest_OfABusyChild(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a")
	p.settle()
	a := p.connect("a")
	p.says(a)
	p.settle()
	h := a.host
	p.adopt("b") // which the child is given
	p.settle()
	busy := h.asked
	p.adopt("c") // and this one not yet
	p.settle()
	want(t, "there is a newer plan", h.renew, true)
	p.core.adopt(list("d"), p.now, 0)
	p.settle()
	p.core.childSettled(h, busy)
	p.settle()
	want(t, "there is a newer plan for the child", h.renew, false)
	want(t, "orders since", h.asked, busy)
	p.picks(a)
}

// A picker that the child does not renew any more may say that calls have to wait,
// as a ring does of what it was to connect to: they go over what is left.
func TestHandover_MakeBeforeBreak_ChildsOldPickerWaits(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a b")
	p.settle()
	a := p.connect("a")
	p.core.childSaid(a.host, &balancer.State{ConnectivityState: connectivity.Ready, Picker: blocked{}})
	p.core.childSettled(a.host, a.host.asked)
	p.settle()
	if _, err := p.picker.Pick(balancer.PickInfo{}); err != balancer.ErrNoSubConnAvailable {
		t.Errorf("the child's word that a call has to wait becomes %v", err)
	}
	p.adopt("c")
	p.settle()
	p.picks(a)
}
