package lbtest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	estats "google.golang.org/grpc/experimental/stats"
	"google.golang.org/grpc/resolver"
)

// A Parent is a balancer.ClientConn without a channel: the test takes the place of gRPC and sets
// the state of each [SubConn]. A deprecated call fails the test.
type Parent struct {
	balancer.ClientConn // nil: gRPC wants it embedded, and each method in use is below

	t     testing.TB
	state shared[parentState]

	recorder estats.MetricsRecorder // nil: none
}

type parentState struct {
	subConns []*SubConn
	updates  []balancer.State
	resolves int
	refusal  error // of NewSubConn
}

// NewParent returns a parent without SubConns or updates.
func NewParent(t testing.TB) *Parent { return &Parent{t: t, state: share(parentState{})} }

// BuildOptions returns what gRPC would give to the builder of a policy, for a
// channel that dials [Service] over network in plain text.
func BuildOptions(network Network) balancer.BuildOptions {
	return balancer.BuildOptions{
		DialCreds: insecure.NewCredentials(),
		Dialer:    network.Dial,
		Authority: Service,
		Target:    resolver.Target{URL: url.URL{Scheme: "lbtest", Path: "/" + Service}},
	}
}

// NewSubConn is called by the policy. SubConns are numbered from 1.
func (p *Parent) NewSubConn(addrs []resolver.Address, opts balancer.NewSubConnOptions) (balancer.SubConn, error) {
	if len(addrs) != 1 || opts.StateListener == nil {
		p.t.Errorf("NewSubConn(%v): want one address, and a StateListener", addrs)
	}
	var sc *SubConn
	var err error
	p.state.update(func(s *parentState) {
		if err = s.refusal; err == nil {
			sc = newSubConn(p.t, len(s.subConns)+1, addrs, opts)
			s.subConns = append(s.subConns, sc)
		}
	})
	if err != nil {
		return nil, err
	}
	return sc, nil
}

// Refuse makes NewSubConn fail with err, and work again with nil.
func (p *Parent) Refuse(err error) {
	p.state.update(func(s *parentState) { s.refusal = err })
}

// RemoveSubConn is deprecated.
func (p *Parent) RemoveSubConn(balancer.SubConn) { p.t.Error("RemoveSubConn is deprecated") }

// UpdateAddresses is deprecated.
func (p *Parent) UpdateAddresses(balancer.SubConn, []resolver.Address) {
	p.t.Error("UpdateAddresses is deprecated")
}

// UpdateState is called by the policy with each new picker.
func (p *Parent) UpdateState(state balancer.State) {
	p.state.update(func(s *parentState) { s.updates = append(s.updates, state) })
}

// ResolveNow is called by the policy.
func (p *Parent) ResolveNow(resolver.ResolveNowOptions) {
	p.state.update(func(s *parentState) { s.resolves++ })
}

// Target returns what the channel dialled.
func (p *Parent) Target() string { return "lbtest:///" + Service }

// MetricsRecorder returns what [Parent.RecordWith] was given, or else one that takes counts and
// forgets them, to which the policy records nothing. Nothing else is recorded by the child
// policies of the tests.
func (p *Parent) MetricsRecorder() estats.MetricsRecorder {
	if p.recorder != nil {
		return p.recorder
	}
	return discard{}
}

// RecordWith sets the recorder, before the policy is built.
func (p *Parent) RecordWith(r estats.MetricsRecorder) { p.recorder = r }

type discard struct {
	estats.MetricsRecorder // nil: it has other methods in other releases of gRPC
}

// RecordInt64Count forgets a count.
func (discard) RecordInt64Count(*estats.Int64CountHandle, int64, ...string) {}

// SubConns returns every SubConn made so far, those shut down included; the
// one numbered n is at n-1.
func (p *Parent) SubConns() (all []*SubConn) {
	p.state.view(func(s *parentState) { all = slices.Clone(s.subConns) })
	return all
}

// SubConn waits until the policy has made SubConn number n, and returns it.
// It fails the test after ten seconds.
func (p *Parent) SubConn(n int) (sc *SubConn) {
	p.t.Helper()
	expect(p.t, p.state, fmt.Sprintf("SubConn %d", n), func(s *parentState) bool {
		if len(s.subConns) < n {
			return false
		}
		sc = s.subConns[n-1]
		return true
	})
	return sc
}

// Updates returns every state the policy has published, oldest first.
func (p *Parent) Updates() (all []balancer.State) {
	p.state.view(func(s *parentState) { all = slices.Clone(s.updates) })
	return all
}

// Resolves returns how often the policy has asked to resolve again.
func (p *Parent) Resolves() (n int) {
	p.state.view(func(s *parentState) { n = s.resolves })
	return n
}

// WaitState waits until the latest update's connectivity state is want, and
// returns that update. It fails the test after ten seconds.
func (p *Parent) WaitState(want connectivity.State) (latest balancer.State) {
	p.t.Helper()
	expect(p.t, p.state, fmt.Sprintf("an update to %v", want), func(s *parentState) bool {
		if len(s.updates) == 0 || s.updates[len(s.updates)-1].ConnectivityState != want {
			return false
		}
		latest = s.updates[len(s.updates)-1]
		return true
	})
	return latest
}

// Pick asks the latest picker once, as gRPC would for a call with ctx. Before
// the first update it returns balancer.ErrNoSubConnAvailable.
func (p *Parent) Pick(ctx context.Context) (balancer.PickResult, error) {
	var picker balancer.Picker
	p.state.view(func(s *parentState) {
		if len(s.updates) > 0 {
			picker = s.updates[len(s.updates)-1].Picker
		}
	})
	if picker == nil {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return picker.Pick(balancer.PickInfo{FullMethodName: "/grpc.testing.TestService/UnaryCall", Ctx: ctx})
}
