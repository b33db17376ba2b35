package grpclb_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// resolveAll has the resolver name these balancers, and fallback backends.
func (w *world) resolveAll(balancers []*lbtest.Balancer, fallback ...*lbtest.Backend) {
	w.Helper()
	var all []resolver.Address
	for _, lb := range balancers {
		all = append(all, lb.Address())
	}
	w.resolveTo(all, fallback...)
}

// The first balancer knows no such service, the second has the list. Nobody falls
// back, and the resolver looks again.
func TestStream_Next(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b, second := w.backends(2), w.balancer()
		w.resolveAll([]*lbtest.Balancer{w.lb, second}, b[1])
		w.lb.Next().HangUp(status.Error(codes.NotFound, "no such service"))
		w.waits()
		w.send(second.Next(), b[0])
		w.served(1)
		same(w, "time to the first list", time.Since(w.start), moment)
		same(w, "connections to the fallback backend", b[1].Conns(), 0)
		same(w, "re-resolutions", w.ch.Reresolved(), 1)
	})
}

// When the last of them has failed too, there is no list: fallback at once, then
// the backoff, and the first is asked first again.
func TestStream_Next_NobodyLeft(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b, second := w.backends(1), w.balancer()
		w.resolveAll([]*lbtest.Balancer{w.lb, second}, b[0])
		w.lb.Next().HangUp(nil)
		second.Next().HangUp(nil)
		w.served(1)
		same(w, "time to fallback", time.Since(w.start), 0)
		c := w.lb.NextWithin(time.Minute)
		same(w, "time to the second round", c.Opened().Sub(w.start).Round(time.Microsecond), time.Second)
	})
}

// A balancer that takes the call and says nothing is given balancerTimeout. Its
// clients keep the list that they have.
func TestStream_Next_Silent(t *testing.T) {
	inBubble(t, `{"balancerTimeout":"3s"}`, func(w *world) {
		b, second := w.backends(3), w.balancer()
		w.resolveAll([]*lbtest.Balancer{w.lb, second}, b[2])
		w.lb.Next()
		c := second.NextWithin(time.Minute)
		same(w, "time to the second balancer", c.Opened().Sub(w.start), 3*time.Second)
		w.send(c, b[0])
		w.served(1)
		w.pause(2 * time.Second)
		second.Restart() // the first is asked first, and is silent again
		w.lb.NextWithin(time.Second)
		w.pause(2900 * time.Millisecond)
		w.served(1)
		w.send(second.NextWithin(time.Second), b[1])
		w.served(2)
		same(w, "connections to the fallback backend", b[2].Conns(), 0)
	})
}

// Figures that change hold for a call that is there.
func TestStream_Next_TimeoutChanges(t *testing.T) {
	inBubble(t, `{"balancerTimeout":"0s"}`, func(w *world) {
		second := w.balancer()
		w.resolveAll([]*lbtest.Balancer{w.lb, second})
		c := w.lb.Next()
		w.pause(time.Hour)
		if over(c.Ended()) {
			w.Error("without a time-out a silent balancer was left")
		}
		if err := w.ch.Configure(`{"balancerTimeout":"5s"}`); err != nil {
			w.Fatal(err)
		}
		w.resolveAll([]*lbtest.Balancer{w.lb, second})
		same(w, "calls to the second balancer", second.Calls(), 1)
	})
}
