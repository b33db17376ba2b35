package grpclb_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// A rig is a policy with the test in the place of gRPC, and a real balancer.
// It is for what gRPC does not let a test see: which SubConns are made, and
// what is published.
type rig struct {
	testing.TB
	network lbtest.Network
	lb      *lbtest.Balancer
	parent  *lbtest.Parent
	policy  balancer.Balancer
	call    *lbtest.Call // to the balancer
}

// newRig makes a policy in a bubble and has the resolver name its balancer and
// the fallback addresses.
func newRig(t testing.TB, fallback []string, options ...grpclb.Option) *rig {
	t.Helper()
	n := lbtest.NewMemory()
	r := &rig{TB: t, network: n, lb: lbtest.NewBalancer(t, n), parent: lbtest.NewParent(t)}
	r.policy = grpclb.NewBuilder(options...).Build(r.parent, lbtest.BuildOptions(n))
	t.Cleanup(r.policy.Close)
	r.resolve(fallback...)
	r.call = r.lb.Next()
	r.call.Initial(0)
	return r
}

func (r *rig) resolve(fallback ...string) {
	r.Helper()
	s := state.Set(resolver.State{}, &state.State{BalancerAddresses: []resolver.Address{r.lb.Address()}})
	for _, addr := range fallback {
		s.Addresses = append(s.Addresses, resolver.Address{Addr: addr})
	}
	if err := r.policy.UpdateClientConnState(balancer.ClientConnState{ResolverState: s}); err != nil {
		r.Fatal(err)
	}
	synctest.Wait()
}

// list has the balancer send a list.
func (r *rig) list(entries ...*lbpb.Server) {
	r.call.List(entries...)
	synctest.Wait()
}

// published is every state given to gRPC so far, in words.
func (r *rig) published() string {
	synctest.Wait()
	var all []string
	for _, u := range r.parent.Updates() {
		all = append(all, u.ConnectivityState.String())
	}
	return strings.Join(all, " ")
}

// report has a SubConn report each of these states, with a pause after each.
func (r *rig) report(subConn int, states ...connectivity.State) {
	r.Helper()
	for _, s := range states {
		if s == connectivity.TransientFailure {
			r.parent.SubConn(subConn).SetState(s, errGone)
		} else {
			r.parent.SubConn(subConn).SetState(s)
		}
		synctest.Wait()
	}
}

// contains fails the test unless text has all of these words in it.
func contains(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q, want %q in it", text, word)
		}
	}
}
