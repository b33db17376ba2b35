package grpclb_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestPick_Nonblocking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.list(lbtest.Server("10.0.0.1:80", "t"), lbtest.Server("10.0.0.2:80", "t"), lbtest.Server("10.0.0.2:80", "u"))
		r.parent.SubConn(1).SetState(connectivity.Ready)
		r.parent.SubConn(2).SetState(connectivity.Ready)
		picker := r.parent.WaitState(connectivity.Ready).Picker
		info := balancer.PickInfo{Ctx: t.Context()}
		done := balancer.DoneInfo{BytesSent: true, BytesReceived: true}
		allocated := testing.AllocsPerRun(100, func() {
			result, err := picker.Pick(info)
			if err != nil {
				t.Fatal(err)
			}
			result.Done(done)
		})
		same(t, "allocations of a pick and its end", allocated, 0)
	})
}

// Calls wait from before the balancer is known until a backend is READY, and
// all of them are served then.
func TestPick_Pending(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		var waiting []*parked
		for range 3 {
			waiting = append(waiting, w.begin(w.Context()))
		}
		c := w.connect()
		waiting = append(waiting, w.begin(w.Context()))
		w.list(c) // an empty list: they go on waiting
		waiting = append(waiting, w.begin(w.Context()))
		w.until(5 * time.Second)
		w.send(c, b[0])
		for _, p := range waiting {
			<-p.done
			same(w, "backend", p.answer.Backend, 1)
			same(w, "time of the answer", p.after, 5*time.Second)
		}
	})
}

func TestPick_PendingEndsWithItsContext(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		late, cancelLate := context.WithTimeout(w.Context(), 3*time.Second)
		defer cancelLate()
		ctx, cancel := context.WithCancel(w.Context())
		deadline, cancelled := w.begin(late), w.begin(ctx)
		w.until(time.Second)
		cancel()
		<-cancelled.done
		<-deadline.done
		same(w, "end of the one cancelled", cancelled.after, time.Second)
		same(w, "end of the one with a deadline", deadline.after, 3*time.Second)
		same(w, "code", status.Code(cancelled.err), codes.Canceled)
		same(w, "code", status.Code(deadline.err), codes.DeadlineExceeded)
	})
}

// Two may wait. Who is in the queue stays there, however often gRPC asks
// again; who gives up leaves a place.
func TestPick_PendingBound(t *testing.T) {
	inBubble(t, `{"maxPendingPicks":2}`, func(w *world) {
		b := w.backends(1)
		c := w.connect()
		ctx, cancel := context.WithCancel(w.Context())
		first, second := w.begin(ctx), w.begin(w.Context())
		if over(first.done) || over(second.done) {
			w.Fatal("a call within the bound does not wait")
		}
		w.refused()
		for range 3 {
			w.list(c) // a new picker that has calls wait
		}
		w.refused()
		cancel()
		<-first.done
		third := w.begin(w.Context())
		w.refused()
		w.send(c, b[0])
		<-second.done
		<-third.done
		same(w, "backends", second.answer.Backend+third.answer.Backend, 2)
		w.served(1)
	})
}

// refused begins a call and fails the test unless it fails at once for want of
// a place in the queue.
func (w *world) refused() {
	w.Helper()
	p := w.begin(w.Context(), grpc.WaitForReady(true))
	if !over(p.done) {
		w.Fatal("a call above the bound waits")
	}
	same(w, "code", status.Code(p.err), codes.ResourceExhausted)
	contains(w, p.err.Error(), "2 calls wait for a backend", "2")
}

func TestPick_PendingBoundByConfig(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		for range 10 {
			w.begin(w.Context())
		}
		if err := w.ch.Configure(`{"maxPendingPicks":2}`); err != nil {
			w.Fatal(err)
		}
		w.resolve()
		p := w.begin(w.Context())
		same(w, "code of the eleventh call", status.Code(p.err), codes.ResourceExhausted)
		if err := w.ch.Configure(`{}`); err != nil {
			w.Fatal(err)
		}
		w.resolve()
		w.waits()
	})
}

func TestPick_Reason(t *testing.T) {
	inBubble(t, "", func(w *world) {
		c := w.connect()
		b := w.backends(1)
		w.list(c, lbtest.Server(nobody.Addr, ""))
		w.fails("balancer", "server list", "no backend is READY", "connection refused")
		c.Fallback()
		synctest.Wait()
		w.fails("in fallback", "the balancer asked for it", "no backend to fall back to")
		w.resolve(b...)
		w.served(1)
		b[0].Stop()
		time.Sleep(time.Second)
		synctest.Wait()
		w.fails("in fallback", "the balancer asked for it", "no backend is READY", "connection refused")
	})
}

func TestPick_ReasonOfTheResolver(t *testing.T) {
	inBubble(t, "", func(w *world) {
		same(w, "answer to an update with nothing", w.ch.Push(resolver.State{}), balancer.ErrBadResolverState)
		w.ch.ResolverError(errGone)
		w.fails("waiting for a balancer", "resolver", "gone")
		w.resolve()
		w.waits()
		w.ch.ResolverError(errGone)
		w.waits()
		w.send(w.answered(), w.backends(1)...)
		w.ch.ResolverError(errors.New("and does not matter"))
		w.served(1)
	})
}

func TestPick_ReasonOfAnEmptyUpdate(t *testing.T) {
	inBubble(t, "", func(w *world) {
		same(w, "answer to an update with nothing", w.ch.Push(resolver.State{}), balancer.ErrBadResolverState)
		w.fails("waiting", "neither balancers nor backends")
	})
}
