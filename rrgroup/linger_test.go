package rrgroup

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// Two lists come in turn, so fast that no backend lingers for its whole time. What is kept
// does not grow with their number.
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

// A backend of the old list loses its connection in the batch of events in which the new
// list replaces the old one. It is not connected again.
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

// epoch returns a time, in seconds after the beginning.
func epoch(seconds int) time.Time { return time.Unix(1e9+int64(seconds), 0) }

// Lingering SubConns are kept in the order in which their times end.
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

// A backend that was never READY has no calls in flight, so it is let go without waiting
// for the calls of others.
func TestHandover_LingerOfWhatNeverConnected(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a")
		b := f.conn("b")
		call, _ := f.hold()
		f.adopt(list("c"))
		want(t, "shut while c connects", b.Shut(), false)
		f.up("c")
		want(t, "shut when c has taken over", b.Shut(), true)
		want(t, "a is shut, which has a call", f.conn("a").Shut(), false)
		call.Done(answer)
		synctest.Wait()
		want(t, "generations drained", f.group.Stats().Drained, 1)
	})
}

func TestHandover_Linger(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		a := f.conn("a")
		f.adopt(list("b"))
		f.up("b")
		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		want(t, "shut just before its time", a.Shut(), false)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		want(t, "shut at its time", a.Shut(), true)
	})
}

func TestHandover_LingerIsTakenUpAgain(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.adopt(list("b"))
		f.up("b")
		time.Sleep(5 * time.Second)
		f.adopt(list("a"))
		want(t, "pick over the connection that lingered", f.pick(), "a")
		time.Sleep(time.Hour)
		synctest.Wait()
		want(t, "SubConns made", len(f.SubConns()), 2)
		want(t, "a shut", f.SubConns()[0].Shut(), false)
		want(t, "b shut", f.SubConns()[1].Shut(), true)
	})
}

func TestHandover_LingerNeverReconnects(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		a := f.conn("a")
		f.adopt(list("b"))
		f.up("b")
		published := len(f.Updates())
		a.SetState(connectivity.Idle)
		a.SetState(connectivity.TransientFailure, errors.New("refused"))
		a.SetState(connectivity.Idle)
		synctest.Wait()
		want(t, "connection attempts of a lingering SubConn", a.Connects(), 1)
		want(t, "pickers published for what it reports", len(f.Updates()), published)
		f.adopt(list("a"))
		want(t, "connection attempts when it is taken up", a.Connects(), 2)
	})
}

func TestHandover_LingerNotBeforeItConnected(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a")
		b := f.conn("b")
		f.adopt(list("a"))
		want(t, "shut", b.Shut(), true)
	})
}
