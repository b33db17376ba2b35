package grpclb_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// moment is how long a call of these tests waits for a backend before it is
// said to wait. What the policy does without waiting takes a bubble no time.
const moment = 100 * time.Microsecond

// steady is a config with no jitter in the backoff, so that waits are known:
// 1 s, 1.6 s, 2.56 s ...
const steady = `{"streamBackoff":{"jitter":0}}`

// A world is a channel in a bubble, with a balancer that nobody knows yet.
type world struct {
	*testing.T
	network lbtest.Network
	lb      *lbtest.Balancer
	ch      *lbtest.Channel
	start   time.Time
}

// inBubble runs test with a channel whose policy has the given config, and
// which does not go idle unless the options say so. When test returns all is
// closed, and a goroutine that is left fails the test.
func inBubble(t *testing.T, config string, test func(*world), options ...grpc.DialOption) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, network: lbtest.NewMemory(), start: time.Now()}
		w.lb = w.balancer()
		options = append([]grpc.DialOption{grpc.WithIdleTimeout(0)}, options...)
		w.ch = lbtest.NewChannel(t, w.network, config, options...)
		test(w)
	})
}

func (w *world) balancer() *lbtest.Balancer {
	w.Helper()
	return lbtest.NewBalancer(w.T, w.network)
}

// backends starts the backends 1 to n.
func (w *world) backends(n int) []*lbtest.Backend {
	w.Helper()
	var all []*lbtest.Backend
	for i := range n {
		all = append(all, lbtest.NewBackend(w.T, w.network, i+1))
	}
	return all
}

// resolve has the resolver name the balancer and these fallback backends.
func (w *world) resolve(fallback ...*lbtest.Backend) {
	w.Helper()
	w.resolveTo([]resolver.Address{w.lb.Address()}, fallback...)
}

// resolveTo is resolve for other balancers, or none.
func (w *world) resolveTo(balancers []resolver.Address, fallback ...*lbtest.Backend) {
	w.Helper()
	var addrs []string
	for _, b := range fallback {
		addrs = append(addrs, b.Addr())
	}
	if err := w.ch.Resolve(balancers, addrs...); err != nil {
		w.Fatalf("resolver update: %v", err)
	}
	synctest.Wait()
}

// connect resolves the balancer and returns the call that it gets, on which
// it has given its initial response.
func (w *world) connect(fallback ...*lbtest.Backend) *lbtest.Call {
	w.Helper()
	w.resolve(fallback...)
	return w.answered()
}

// answered returns the next call to the balancer, which has given its initial
// response.
func (w *world) answered() *lbtest.Call {
	w.Helper()
	c := w.lb.Next()
	c.Initial(0)
	return c
}

// send sends a list of these backends, and waits for what comes of it at once.
func (w *world) send(c *lbtest.Call, backends ...*lbtest.Backend) {
	w.list(c, servers(backends...)...)
}

func (w *world) list(c *lbtest.Call, entries ...*lbpb.Server) {
	c.List(entries...)
	w.rouse()
}

// servers returns list entries of backends; that of backend 1 has the token t1.
func servers(backends ...*lbtest.Backend) []*lbpb.Server {
	var all []*lbpb.Server
	for _, b := range backends {
		all = append(all, lbtest.Server(b.Addr(), fmt.Sprintf("t%d", b.Number)))
	}
	return all
}

// over reports whether something has ended by now.
func over(ended <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-ended:
		return true
	default:
		return false
	}
}

// until sleeps until the given time after the start, and for what comes of
// that at once.
func (w *world) until(d time.Duration) { w.pause(time.Until(w.start.Add(d))) }

// pause sleeps, and waits for what comes at the end of that at once.
func (w *world) pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// state waits for the channel's connectivity state.
func (w *world) state(want connectivity.State) {
	w.Helper()
	synctest.Wait()
	if got := w.ch.CC.GetState(); got != want {
		w.Errorf("after %v the channel is %v, want %v", time.Since(w.start), got, want)
	}
}

// same fails the test if got is not want.
func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// nobody is an address where nothing listens.
var nobody = resolver.Address{Addr: "10.127.0.1:1"}

var errGone = errors.New("gone")
