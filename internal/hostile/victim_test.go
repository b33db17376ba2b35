package hostile

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Whom a call of a victim is answered by.
const (
	listed   = 1 // the backend that lists name
	fallback = 2 // the one that the resolver names
)

// A victim is a channel with two healthy backends and a balancer that means
// it no good.
type victim struct {
	testing.TB
	network  lbtest.Network
	lb       *rogue
	backends [2]*lbtest.Backend // listed and fallback, in this order
	ch       *lbtest.Channel
	patience time.Duration // of a call
	journal  *journal
	before   footprint
}

// attack runs an abuse in a bubble and holds what it cost against the bounds,
// while the victim is still there.
func attack(t *testing.T, most bounds, abuse func(*victim), options ...grpc.DialOption) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := newVictim(t, lbtest.NewMemory(), options...)
		v.patience = 5 * time.Second // less than a client waits for its first list
		abuse(v)
		synctest.Wait()
		v.within(most)
	})
}

// newVictim makes a victim on a network. The options come after its own.
func newVictim(t testing.TB, n lbtest.Network, options ...grpc.DialOption) *victim {
	v := &victim{TB: t, network: n, lb: newRogue(t, n), journal: newJournal(), patience: 30 * time.Second}
	for i := range v.backends {
		v.backends[i] = lbtest.NewBackend(t, n, i+1)
	}
	// No jitter: it would make the number of calls to the balancer vary.
	options = append([]grpc.DialOption{grpc.WithIdleTimeout(0)}, options...)
	v.ch = lbtest.NewChannel(t, n, `{"streamBackoff":{"jitter":0}}`, options...)
	v.before = v.footprint()
	return v
}

// resolve has the resolver name the balancer and the fallback backend.
func (v *victim) resolve() { v.resolveTo(v.lb.Addr()) }

func (v *victim) resolveTo(balancers ...string) {
	v.Helper()
	var addrs []resolver.Address
	for _, a := range balancers {
		addrs = append(addrs, resolver.Address{Addr: a})
	}
	if err := v.ch.Resolve(addrs, v.backends[fallback-1].Addr()); err != nil {
		v.Fatal(err)
	}
}

// trusting is a victim whose balancer has begun well: it returns its call, and
// calls go to the listed backend. What was spent on that does not count.
func (v *victim) trusting() *lbtest.Call {
	v.Helper()
	v.resolve()
	c := v.lb.Next()
	c.Initial(0)
	c.List(v.good()...)
	v.served(listed)
	v.before = v.footprint()
	return c
}

// good is a list of the listed backend.
func (v *victim) good() []*lbpb.Server {
	return []*lbpb.Server{lbtest.Server(v.backends[listed-1].Addr(), "good")}
}

// served makes a call, which the given backend has to answer.
func (v *victim) served(by int) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), v.patience)
	defer cancel()
	answer, err := v.ch.Unary(ctx)
	if got := fmt.Sprint(answer.Backend, err); got != fmt.Sprint(by, nil) {
		v.Fatalf("a call: answered by %d, error %.200v, want an answer by %d", answer.Backend, err, by)
	}
}

// servedFor makes calls for as long as that, one a second but no more than 200,
// all of which the given backend has to answer.
func (v *victim) servedFor(d time.Duration, by int) {
	v.Helper()
	between := max(time.Second, d/200)
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(between) {
		v.served(by)
	}
}

// pause lets time pass in a bubble.
func pause(d time.Duration) { time.Sleep(d) }
