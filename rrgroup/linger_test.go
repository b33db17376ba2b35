package rrgroup

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// Two lists that come in turn, at a pace at which nothing lingers to its end:
// what is kept of them does not grow with their number.
func TestHandover_LingerOfManyLists(t *testing.T) {
	e := newEnsemble(Settings{Linger: time.Hour, Handover: time.Second})
	for i := range 2000 {
		plan := []*Plan{list("a b c d"), list("e f g h")}[i%2]
		e.core.adopt(plan, e.now, 0)
		e.twin.adopt(plan, e.now, &e.core.pool)
		for settled := 0; settled < 2; settled++ {
			if err := e.settle(); err != nil {
				t.Fatal(err)
			}
			for _, c := range e.conns {
				if c.state != connectivity.Ready {
					e.twin.report(c, connectivity.Ready)
					e.core.reported(c, balancer.SubConnState{ConnectivityState: connectivity.Ready})
				}
			}
			e.tell()
			e.now = e.now.Add(time.Millisecond)
		}
	}
	want(t, "generations", e.core.adopted, 2000)
	want(t, "SubConns", len(e.core.pool.all()), 8)
	if e.core.pool.names > 16 || len(e.core.pool.leaving) > 16 {
		t.Errorf("%d sets of %d SubConns in all are kept", len(e.core.pool.leaving), e.core.pool.names)
	}
}

// A backend of the old list that loses its connection in the batch of events in
// which the new list takes over is on its way out: it is not connected again.
func TestHandover_LingerNeverReconnectsInTheBatchOfAHandover(t *testing.T) {
	core := newCore(nil, Settings{})
	core.settings = tenSeconds
	now := time.Unix(1e9, 0)
	connects := map[string]int{}
	settle := func() {
		for todo := core.settle(now); len(todo) > 0; todo = core.settle(now) {
			for _, a := range todo {
				switch a := a.(type) {
				case makeSubConn:
					a.conn.sc = &connection{}
				case connect:
					connects[letter(a.conn.address.Addr)]++
				case retire:
					a.generation.retire(func() {})
				}
			}
		}
	}
	report := func(l string, s connectivity.State) {
		core.reported(core.pool.get(listedKey(address(l), false)), balancer.SubConnState{ConnectivityState: s})
	}
	core.adopt(list("a"), now, 0)
	report("a", connectivity.Ready)
	settle()
	core.adopt(list("b"), now, 0)
	settle()
	before := connects["a"]
	report("a", connectivity.Idle)
	report("b", connectivity.Ready)
	settle()
	want(t, "attempts to connect a backend that lingers", connects["a"]-before, 0)
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
