package grpclb_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/internal/lbtest"
)

const (
	idle       = connectivity.Idle
	connecting = connectivity.Connecting
	ready      = connectivity.Ready
	failed     = connectivity.TransientFailure
)

func TestState_Aggregate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.list(lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", ""))
		for _, step := range []struct {
			subConn int
			to      connectivity.State
			want    connectivity.State
		}{
			{1, connecting, connecting},
			{1, failed, connecting}, // the other one is idle yet
			{2, connecting, connecting},
			{2, ready, ready},
			{2, idle, connecting},
			{2, connecting, connecting},
			{2, failed, failed},
			{1, idle, failed}, // sticky
			{1, connecting, failed},
			{1, ready, ready},
		} {
			r.report(step.subConn, step.to)
			all := r.parent.Updates()
			if got := all[len(all)-1].ConnectivityState; got != step.want {
				t.Errorf("SubConn %d is %v: the policy is %v, want %v", step.subConn, step.to, got, step.want)
			}
		}
	})
}

func TestState_AggregateOfTheChannel(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect()
		w.state(connectivity.Connecting)
		w.list(c)
		w.state(connectivity.Connecting)
		w.send(c, b...)
		w.state(connectivity.Ready)
		b[0].Stop()
		w.state(connectivity.TransientFailure)
		b[0].Restart()
		time.Sleep(time.Minute)
		w.state(connectivity.Ready)
	})
}

// Between its attempts to connect the policy stays TRANSIENT_FAILURE, also over
// a new list: fail-fast calls fail, the others wait.
func TestState_Sticky(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		b[0].Stop()
		w.send(c, b[0])
		w.fails("no backend is READY")
		patient := w.begin(w.Context(), grpc.WaitForReady(true))
		w.network.Blackhole(b[0].Addr(), true)
		time.Sleep(5 * time.Second) // an attempt hangs: CONNECTING, by itself
		w.state(connectivity.TransientFailure)
		w.fails("no backend is READY")
		w.network.Blackhole(b[1].Addr(), true)
		w.send(w.lb.Next(), b[1]) // the client has asked again
		time.Sleep(15 * time.Second)
		w.state(connectivity.TransientFailure)
		w.fails("no backend is READY")
		w.network.Blackhole(b[1].Addr(), false)
		<-patient.done
		same(w, "backend of the call that waited", patient.answer.Backend, 2)
		w.state(connectivity.Ready)
	})
}

func TestState_Coalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		entries := []*lbpb.Server{lbtest.Server("10.0.0.1:80", ""), lbtest.Server("10.0.0.2:80", "")}
		r.list(entries...)
		same(t, "published at first", r.published(), "CONNECTING")
		r.report(1, connecting)
		r.report(2, connecting, failed)
		same(t, "published for what changes nothing", r.published(), "CONNECTING")
		r.report(1, ready)
		same(t, "published", r.published(), "CONNECTING READY")
		r.list(entries...)
		r.resolve()
		r.policy.ResolverError(errGone)
		r.policy.ExitIdle()
		r.report(2, connecting, failed)
		time.Sleep(time.Hour)
		same(t, "published for what changes nothing", r.published(), "CONNECTING READY")
	})
}

// Ten thousand backends come up one by one. A picker for each would be fifty
// million entries.
func TestState_CoalescedBringUp(t *testing.T) {
	const n = 10000
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var entries []*lbpb.Server
		for i := range n {
			entries = append(entries, lbtest.Server(fmt.Sprintf("10.1.%d.%d:80", i>>8, i&255), ""))
		}
		r.list(entries...)
		before := len(r.parent.Updates())
		for _, sc := range r.parent.SubConns() {
			sc.SetState(ready)
		}
		synctest.Wait()
		time.Sleep(10 * time.Millisecond)
		if pickers := len(r.parent.Updates()) - before; pickers > 4 {
			t.Errorf("%d pickers", pickers)
		}
		picked := make(map[any]bool)
		for range n {
			result, err := r.parent.Pick(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			picked[result.SubConn] = true
		}
		same(t, "backends in the last picker", len(picked), n)
	})
}

// The parent of the rig fails the test at a deprecated call, and at a SubConn
// with other than one address. It sees one of everything here.
func TestState_Deprecated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, []string{"10.0.0.3:80", "10.0.0.4:80"})
		r.list(lbtest.Server("10.0.0.1:80", "t"), lbtest.Server("10.0.0.2:80", "t"))
		r.report(1, connecting, ready)
		r.list(lbtest.Server("10.0.0.2:80", "u"), lbtest.Drop(""))
		r.report(2, connecting, ready, idle)
		r.call.Fallback()
		synctest.Wait()
		r.report(3, failed)
		r.resolve("10.0.0.4:80")
		time.Sleep(time.Hour)
		same(t, "SubConns", len(r.parent.SubConns()), 4)
	})
}

// What is left of a policy after Close, whatever it was doing: nothing. That
// no goroutine is left the bubble checks.
func TestState_Closed(t *testing.T) {
	for name, prepare := range map[string]func(*world, []*lbtest.Backend){
		"before anything": func(*world, []*lbtest.Backend) {},
		"waiting":         func(w *world, b []*lbtest.Backend) { w.resolve(b[2]) },
		"balanced":        func(w *world, b []*lbtest.Backend) { w.send(w.connect(), b[0], b[1]) },
		"in fallback":     func(w *world, b []*lbtest.Backend) { w.connect(b[2]).HangUp(nil) },
		"handing over": func(w *world, b []*lbtest.Backend) {
			c := w.connect()
			w.send(c, b[0])
			w.network.Blackhole(b[1].Addr(), true)
			w.send(c, b[1])
		},
		"lingering": func(w *world, b []*lbtest.Backend) {
			c := w.connect()
			w.send(c, b[0])
			w.send(c, b[1])
		},
		"dialling": func(w *world, _ []*lbtest.Backend) {
			w.network.Blackhole(w.lb.Addr(), true)
			w.resolve()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				b := w.backends(3)
				prepare(w, b)
				call := w.begin(w.Context())
				closed := time.Now()
				w.ch.Close()
				if !over(call.done) {
					w.Error("a call waits on a closed channel")
				}
				same(w, "time to close", time.Since(closed), 0)
				same(w, "connections left", w.lb.Open()+b[0].Open()+b[1].Open()+b[2].Open(), 0)
			})
		})
	}
}

// Without gRPC's help the policy shuts down what it made.
func TestState_ClosedShutsDownSubConns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, []string{"10.0.0.3:80"})
		r.list(lbtest.Server("10.0.0.1:80", "t"), lbtest.Server("10.0.0.2:80", "t"))
		r.report(1, ready)
		held, err := r.parent.Pick(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r.call.Fallback()
		synctest.Wait()
		r.policy.Close()
		for _, sc := range r.parent.SubConns() {
			if !sc.Shut() {
				t.Errorf("%v is not shut down", sc)
			}
		}
		synctest.Wait() // for gRPC to close the connection
		same(t, "balancer connections", r.lb.Open(), 0)
		held.Done(balancer.DoneInfo{BytesSent: true, BytesReceived: true}) // a call that outlives the policy
		r.policy.Close()                                                   // again
		r.policy.ExitIdle()                                                // and what gRPC might still say
		r.policy.ResolverError(errGone)
		r.parent.SubConn(1).SetState(failed, errGone)
		same(t, "SubConns", len(r.parent.SubConns()), 3)
	})
}
