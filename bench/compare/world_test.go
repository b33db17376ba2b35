package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// moment is how long a call of these scenes waits for a backend before it is
// said to wait. What a policy does without waiting takes a bubble no time.
const moment = 100 * time.Microsecond

// A world is a channel in a bubble, with a balancer that the channel does not know yet.
type world struct {
	*testing.T
	network lbtest.Network
	lb      *lbtest.Balancer
	ch      *lbtest.Channel
	start   time.Time
}

// newWorld makes a channel whose policy has this config, and which does not go
// idle. It is for use in a bubble.
func newWorld(t *testing.T, config string, options ...grpc.DialOption) *world {
	w := &world{T: t, network: lbtest.NewMemory(), start: time.Now()}
	w.lb = w.balancer()
	options = append([]grpc.DialOption{grpc.WithIdleTimeout(0)}, options...)
	w.ch = lbtest.NewChannel(t, w.network, config, options...)
	return w
}

// balancer starts a balancer that allows more pings than any policy sends, so
// that keepalive shows in its own scenes and in no other.
func (w *world) balancer() *lbtest.Balancer { return lbtest.NewBalancer(w.T, w.network) }

// backends starts the backends 1 to n.
func (w *world) backends(n int) (all []*lbtest.Backend) {
	for i := range n {
		all = append(all, lbtest.NewBackend(w.T, w.network, i+1))
	}
	return all
}

// resolve has the resolver name the balancer and these fallback backends.
func (w *world) resolve(fallback ...*lbtest.Backend) {
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

// connect resolves the balancer and returns the stream that it gets, on which it
// has given its initial response.
func (w *world) connect(fallback ...*lbtest.Backend) *lbtest.Call {
	w.Helper()
	w.resolve(fallback...)
	return w.answered(0)
}

// answered returns the next stream, on which the balancer has given its initial
// response and wants reports this often.
func (w *world) answered(reportEvery time.Duration) *lbtest.Call {
	w.Helper()
	c := w.lb.Next()
	c.Initial(reportEvery)
	return c
}

// rename gives the policy another service name.
func (w *world) rename(name string, fallback ...*lbtest.Backend) {
	w.Helper()
	if err := w.ch.Configure(fmt.Sprintf(`{"serviceName":%q}`, name)); err != nil {
		w.Fatal(err)
	}
	w.resolve(fallback...)
}

// send sends a list of these backends, and waits until nothing goes on.
func (w *world) send(c *lbtest.Call, backends ...*lbtest.Backend) {
	var entries []*lbpb.Server
	for _, b := range backends {
		entries = append(entries, lbtest.Server(b.Addr(), fmt.Sprintf("t%d", b.Number)))
	}
	w.list(c, entries...)
}

func (w *world) list(c *lbtest.Call, entries ...*lbpb.Server) {
	c.List(entries...)
	synctest.Wait()
}

// sleep lets time pass, and waits until nothing goes on.
func (w *world) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// calls makes n calls, one after the other, each when what came before has had
// its effect, and returns what became of each: the number of the backend that
// answered it, "waits" if it was waiting still after a moment, "dropped", or
// else its error.
func (w *world) calls(n int, options ...grpc.CallOption) string {
	var all []string
	for range n {
		answer, err := w.call(options...)
		all = append(all, fate(answer, err))
	}
	return strings.Join(all, " ")
}

func (w *world) call(options ...grpc.CallOption) (lbtest.Answer, error) {
	synctest.Wait()
	ctx, cancel := context.WithTimeout(w.Context(), moment)
	defer cancel()
	return w.ch.Unary(ctx, options...)
}

func fate(a lbtest.Answer, err error) string {
	text := status.Convert(err).Message()
	switch code := status.Code(err); {
	case err == nil:
		return fmt.Sprint(a.Backend)
	case code == codes.DeadlineExceeded:
		return "waits"
	case code == codes.Unavailable && strings.Contains(text, "drop"):
		return "dropped"
	default:
		return fmt.Sprintf("fails (%v: %s)", code, text)
	}
}

// tokens makes n calls and returns the lb-token that the backend of each saw.
func (w *world) tokens(n int) string {
	var all []string
	for range n {
		answer, err := w.call()
		if err != nil {
			all = append(all, fate(answer, err))
			continue
		}
		all = append(all, fmt.Sprintf("%q", answer.Token))
	}
	return strings.Join(all, " ")
}

// begin makes a call that waits for as long as ctx allows. The channel has its
// end.
func (w *world) begin(ctx context.Context, options ...grpc.CallOption) <-chan error {
	synctest.Wait()
	done := make(chan error, 1)
	go func() {
		_, err := w.ch.Unary(ctx, options...)
		done <- err
	}()
	synctest.Wait()
	return done
}
