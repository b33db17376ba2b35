package rrgroup

import (
	"runtime"
	"testing"
	"weak"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// reportAll has every SubConn report a state.
func (p *puppet) reportAll(state connectivity.State) {
	for _, c := range p.core.pool.all() {
		p.core.reported(c, balancer.SubConnState{ConnectivityState: state})
	}
	p.settle()
}

// Nothing in the core keeps a SubConn that was shut down.
func TestMemory_GoneSubConns(t *testing.T) {
	p := newPuppet(t)
	p.core.settings.Linger = 0
	p.core.adopt(list("a b c d e f g h"), p.now, 0)
	p.settle()
	p.reportAll(connectivity.Ready)
	p.reportAll(connectivity.Idle)
	old := p.core.current
	kept := weakly(p.core.pool.all())
	p.core.adopt(list("z"), p.now, 0)
	p.settle()
	p.reportAll(connectivity.Ready)
	p.core.ended(old)
	p.settle()
	want(t, "SubConns", p.core.pool.size, 1)
	runtime.GC()
	for _, k := range kept {
		if k.Value() != nil {
			t.Fatal("a SubConn that is gone is kept")
		}
	}
	runtime.KeepAlive(p)
}

func weakly(conns []*subConn) (all []weak.Pointer[subConn]) {
	for _, c := range conns {
		all = append(all, weak.Make(c))
	}
	return all
}

// A call in flight keeps nothing of the child that picked for it.
func TestMemory_RetiredKeepsNoChild(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a b")
	p.settle()
	said := weak.Make(p.says(p.connect("a")))
	p.settle()
	r, err := p.picker.Pick(balancer.PickInfo{})
	if err != nil {
		t.Fatal(err)
	}
	p.adopt("c")
	p.settle()
	p.says(p.connect("c"))
	p.settle()
	runtime.GC()
	if said.Value() != nil {
		t.Error("a retired generation keeps what its child has said")
	}
	runtime.KeepAlive(p)
	r.Done(answer)
}

// A SubConn that stays in use keeps no list of a child that was closed.
func TestMemory_EndedIsForgotten(t *testing.T) {
	p := newPuppet(t)
	p.adopt("a")
	p.settle()
	p.says(p.connect("a"))
	p.settle()
	old := p.core.current
	p.core.adopt(list("a"), p.now, 0)
	p.settle()
	p.core.ended(old)
	for _, c := range p.core.pool.all() {
		if !c.users.None() {
			t.Error("a SubConn keeps the generation that has ended")
		}
	}
}
