package grpclb_test

import (
	"context"
	"maps"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Lost contact alone is no reason, and lost backends alone are none.
func TestFallback_Lost(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(b[1]), b[0])
		w.lb.Stop()
		w.pause(time.Hour)
		w.served(1)
		b[0].Stop()
		synctest.Wait()
		w.served(2)
	})
}

func TestFallback_LostBackendsFirst(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		b[0].Stop()
		w.pause(2 * time.Second)
		c = w.lb.Next() // the client has asked again
		w.send(c, b[0])
		w.pause(time.Hour)
		w.fails("server list")
		same(w, "balancer streams", w.lb.Calls(), 2)
		c.HangUp(nil)
		w.served(2)
	})
}

// A call that is open but has said nothing is no contact.
func TestFallback_LostToASilentCall(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.pause(2 * time.Second)
		c.HangUp(nil)
		c = w.answered()
		w.served(1)
		b[0].Stop()
		w.served(2)
		b[0].Restart()
		w.send(c, b[0])
		w.served(2) // until the attempt after the one that was refused
		w.pause(time.Second + time.Second/5)
		w.served(1)
	})
}

// Nothing to fall back to: the list stays, for a backend that comes back.
func TestFallback_LostWithoutAddresses(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b[0])
		w.lb.Stop()
		b[0].Stop()
		w.pause(time.Second)
		w.fails("server list", "connection refused")
		b[0].Restart()
		w.pause(time.Minute)
		w.served(1)
		b[0].Stop()
		w.resolve(b[1]) // now there is
		w.served(2)
	})
}

// In fallback, list backends that come back are left alone, and so is a list
// that is empty.
func TestFallback_Stay(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		b[0].Stop()
		c.HangUp(nil)
		w.served(2)
		b[0].Restart()
		w.pause(time.Hour)
		w.served(2)
		c = w.answered()
		w.served(2)
		w.list(c)
		w.served(2)
		w.list(c, wrong(b[0])...)
		w.served(2)
		c.Fallback()
		synctest.Wait()
		w.served(2)
		w.send(c, b[0])
		w.served(1)
	})
}

// A balancer that sends its list and hangs up, as one with short streams does all
// day: the list's backends are waited for while they are being connected.
func TestFallback_Lost_NotYet(t *testing.T) {
	eachSlow(t, 20*time.Millisecond, func(w *world, b []*lbtest.Backend) {
		c := w.connect(b[1])
		w.list(c, servers(b[0])...)
		c.HangUp(nil)
		synctest.Wait()
		w.waits()
		w.pause(20 * time.Millisecond)
		for range 20 {
			w.served(1)
		}
		same(w, "connections to the fallback server", b[1].Conns(), 0)
	})
}

// That lasts no longer than handoverTimeout.
func TestFallback_Lost_NotYetIsBounded(t *testing.T) {
	eachSlow(t, time.Hour, func(w *world, b []*lbtest.Backend) {
		c := w.connect(b[1])
		w.list(c, servers(b[0])...)
		listed := time.Now()
		c.HangUp(nil)
		w.pause(10*time.Second - time.Millisecond)
		w.waits()
		w.pause(time.Until(listed.Add(10 * time.Second)))
		w.served(2)
	})
}

// Nor longer than until all have failed.
func TestFallback_Lost_NotYetFails(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		b[0].Stop()
		c.List(servers(b[0])...)
		c.HangUp(nil)
		start := time.Now()
		if w.only(lazyChild) {
			w.call() // which has it connect, and fail
		}
		w.served(2)
		same(w, "time to fallback", time.Since(start), 0)
	})
}

// A connection that was there and was lost is not one that is on its way.
func TestFallback_Lost_NoLonger(t *testing.T) {
	eachSlow(t, 0, func(w *world, b []*lbtest.Backend) {
		w.send(w.connect(b[1]), b[0])
		w.served(1)
		w.lb.Stop()
		w.network.Blackhole(b[0].Addr(), true)
		w.network.Cut(b[0].Addr())
		synctest.Wait()
		w.served(2)
	})
}

// eachSlow runs test for every child policy, with two backends, of which the first
// takes this long to connect to.
func eachSlow(t *testing.T, takes time.Duration, test func(*world, []*lbtest.Backend)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(childPolicies)) {
		t.Run(name, func(t *testing.T) {
			var network lbtest.Network
			var slow string
			dial := func(ctx context.Context, addr string) (net.Conn, error) {
				if addr == slow {
					late, stop := context.WithTimeout(ctx, takes)
					<-late.Done()
					stop()
				}
				return network.Dial(ctx, addr)
			}
			inBubble(t, withChild(childPolicies[name]), func(w *world) {
				b := w.backends(2)
				network, slow = w.network, b[0].Addr()
				test(w, b)
			}, grpc.WithContextDialer(dial))
		})
	}
}
