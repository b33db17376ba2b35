package grpclb_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestStream_AddressChange(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		second, b := w.balancer(), w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.resolveTo([]resolver.Address{second.Address(), w.lb.Address()})
		w.resolveTo([]resolver.Address{second.Address()})
		if over(c.Ended()) {
			w.Fatal("other addresses ended a call that is alive")
		}
		w.send(c, b[1])
		w.served(2)
		c.HangUp(nil)
		w.send(second.Next(), b[0])
		w.served(1)
		same(w, "calls to the balancer that is gone", w.lb.Calls(), 1)
	})
}

func TestStream_ServiceChange(t *testing.T) {
	inBubble(t, `{"serviceName":"old"}`, func(w *world) {
		b := w.backends(3)
		old := w.connect(b[2])
		w.send(old, b[0])
		w.rename("new", b[2])
		renamed := time.Now()
		c := w.answered()
		same(w, "name", c.Name(), "new")
		same(w, "time to the new call", c.Opened().Sub(renamed), 0)
		if !over(old.Ended()) {
			w.Error("the old call goes on")
		}
		same(w, "re-resolutions", w.ch.Reresolved(), 0)
		w.served(1)
		w.pause(time.Hour)
		w.served(1) // the new call says nothing, and the old list serves
		w.send(c, b[1])
		w.served(2)
	})
}

// rename gives the policy another service name.
func (w *world) rename(name string, fallback ...*lbtest.Backend) {
	w.Helper()
	if err := w.ch.Configure(fmt.Sprintf(`{"serviceName":%q}`, name)); err != nil {
		w.Fatal(err)
	}
	w.resolve(fallback...)
}

// Make-before-break: while nothing can be reached at the fallback address, the
// backend of the list serves, though its balancer is gone.
func TestStream_Removed(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.served(1)
		w.network.Blackhole(b[1].Addr(), true)
		w.resolveTo(nil, b[1])
		if !over(c.Ended()) || w.lb.Open() != 0 {
			w.Error("the balancer is still talked to")
		}
		w.served(1)
		w.network.Blackhole(b[1].Addr(), false)
		w.pause(25 * time.Second) // the dial times out, and another one is made
		w.served(2)
		same(w, "balancer streams", w.lb.Calls(), 1)
	})
}

func TestStream_RemovedAtOnce(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b[0])
		start := time.Now()
		w.resolveTo(nil, b[1])
		w.served(2)
		same(w, "time to fallback", time.Since(start), 0)
	})
}

// An update with nothing in it is no order to stop.
func TestStream_RemovedWithoutFallback(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		if err := w.ch.Resolve(nil); err != balancer.ErrBadResolverState {
			w.Errorf("an update with nothing: %v", err)
		}
		w.served(1)
		w.send(c, b[1])
		w.served(2) // the call is alive
	})
}

func TestStream_Readded(t *testing.T) {
	inBubble(t, "", func(w *world) {
		second, b := w.balancer(), w.backends(2)
		w.send(w.connect(), b[0])
		w.resolveTo(nil, b[1])
		w.served(2)
		dials := w.network.Dials(w.lb.Addr())
		w.resolveTo([]resolver.Address{second.Address()}, b[1])
		c := second.Next()
		w.served(2) // not before the first list
		w.send(c, b[0])
		w.served(1)
		c.HangUp(nil)
		second.Next()
		if again := w.network.Dials(w.lb.Addr()); !slices.Equal(again, dials) {
			w.Errorf("the old address was dialled at %v", again[len(dials):])
		}
		synctest.Wait()
	})
}
