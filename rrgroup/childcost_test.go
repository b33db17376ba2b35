package rrgroup

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/resolver"
)

// A child gives all of n connections up and makes n others: what is done for each
// does not grow with n. It is counted by how often a connection is put in the place
// of another: once for each that goes, and no search.
func TestState_ChildContract_ReplacedOneByOne(t *testing.T) {
	const n = 20000
	y := &nursery{core: newCore(openGate{})}
	y.core.adopt(list("a").with(lazyChild()), y.now, 0)
	h := y.core.hosts[0]
	var mine []*childConn
	for i := range n {
		mine = append(mine, y.makeAt(h, fmt.Sprint("10.0.0.1:", i)))
	}
	for i, hc := range mine { // from the front, which is where a search ends last
		y.core.childShut(hc)
		if left := len(h.conns); left != n-1-i {
			t.Fatalf("%d connections are left after %d of %d went", left, i+1, n)
		}
	}
	for i, hc := range h.conns {
		want(t, "place", hc.amongHost, i)
	}
	want(t, "SubConns that are let go", len(y.core.forsaken), n)
}

// The same for connections over one SubConn.
func TestState_ChildContract_SharedByMany(t *testing.T) {
	y := &nursery{core: newCore(openGate{})}
	y.core.adopt(list("a").with(lazyChild()), y.now, 0)
	h := y.core.hosts[0]
	var mine []*childConn
	for range 5 {
		mine = append(mine, y.makeAt(h, address("a")))
	}
	c := mine[0].conn
	for _, i := range []int{1, 4, 0, 3, 2} {
		y.core.childShut(mine[i])
		for place, hc := range c.hosted.conns {
			want(t, "place", hc.amongConn, place)
			want(t, "shut", hc.shut, false)
		}
	}
	want(t, "connections left", len(c.hosted.conns), 0)
}

func (y *nursery) makeAt(h *host, addr string) *childConn {
	hc := &childConn{host: h, address: resolver.Address{Addr: addr}}
	y.core.childMade(hc, make(chan error, 1))
	return hc
}

// epoch is a time that many seconds after the beginning.
func epoch(seconds int) time.Time { return time.Unix(1e9+int64(seconds), 0) }

// What lingers is kept in the order in which its time comes.
func TestHandover_Linger_InOrder(t *testing.T) {
	p := newPool()
	at := func(seconds int) leaving {
		conns := []*subConn{{key: listedKey(fmt.Sprint(seconds), false)}}
		return leaving{epoch(seconds), conns}
	}
	for _, seconds := range []int{5, 7, 7, 3, 9, 6} {
		p.leave(at(seconds).until, at(seconds).conns)
	}
	var order []string
	for _, l := range p.leaving {
		order = append(order, fmt.Sprint(l.until.Unix()-epoch(0).Unix(), "x", len(l.conns)))
	}
	want(t, "sets", fmt.Sprint(order), "[3x1 5x1 6x1 7x2 9x1]")
	want(t, "next", p.nextExpiry(), epoch(3))
}
