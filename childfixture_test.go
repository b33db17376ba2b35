package grpclb_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/balancer/lazy"
	_ "google.golang.org/grpc/balancer/leastrequest"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
)

// childPolicies are the policies that these tests have pick, as the JSON of a
// childPolicy.
var childPolicies = map[string]string{
	"round_robin":                `[{"round_robin":{}}]`,
	"pick_first":                 `[{"pick_first":{}}]`,
	"least_request_experimental": `[{"least_request_experimental":{"choiceCount":2}}]`,
	ownChild:                     `[{"` + ownChild + `":{}}]`,
	lazyChild:                    `[{"` + lazyChild + `":{}}]`,
}

// withChild is a config with a childPolicy, and without jitter.
func withChild(policy string) string {
	return fmt.Sprintf(`{"childPolicy":%s,"streamBackoff":{"jitter":0}}`, policy)
}

// eachChild runs test for every child policy.
func eachChild(t *testing.T, test func(*world)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(childPolicies)) {
		t.Run(name, func(t *testing.T) { inBubble(t, withChild(childPolicies[name]), test) })
	}
}

// only reports whether the test is of the child policy with this name.
func (w *world) only(name string) bool { return strings.HasSuffix(w.Name(), "/"+name) }

// ownChild is a child policy as a user would write one, with base's balancer
// and not a lock anywhere.
const ownChild = "tests_own"

// lazyChild is a child policy that connects when it has a call and not before,
// as ring_hash does.
const lazyChild = "tests_lazy"

type lazyBuilder struct{}

func (lazyBuilder) Name() string { return lazyChild }

func (lazyBuilder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return sleeper{lazy.NewBalancer(cc, o, balancer.Get("pick_first").Build)}
}

// A sleeper does not leave its idle state when it is told to.
type sleeper struct{ balancer.Balancer }

func (sleeper) ExitIdle() {}

// rouse has lazyChild connect to what it was given last, if it was: it does so when
// it has a call, and as long as others serve it is only shown the calls. A ping is
// a call too, which counts nowhere.
func (w *world) rouse() {
	w.Helper()
	synctest.Wait()
	if !strings.Contains(w.Name(), "/"+lazyChild) || w.ch.CC.GetState() != connectivity.Ready {
		return
	}
	ctx, cancel := context.WithTimeout(w.Context(), time.Nanosecond)
	defer cancel()
	if _, err := grpclb.Ping(ctx, w.ch.CC); err != nil && ctx.Err() == nil {
		w.Error(err)
	}
	synctest.Wait()
}

func init() {
	balancer.Register(lazyBuilder{})
	balancer.Register(&ownBuilder{base.NewBalancerBuilder(ownChild, ownPickers{}, base.Config{})})
}

// What the instances of ownChild have come to.
var ownBuilt, ownClosed, ownStrayed atomic.Int64

type ownBuilder struct{ balancer.Builder }

func (b *ownBuilder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	ownBuilt.Add(1)
	return &ownBalancer{Balancer: b.Builder.Build(cc, o), home: goroutine()}
}

// An ownBalancer counts the calls from another goroutine than it was made on.
type ownBalancer struct {
	balancer.Balancer
	home    string
	updates int // written without a lock, for the race detector
}

func (b *ownBalancer) called() {
	b.updates++
	if goroutine() != b.home {
		ownStrayed.Add(1)
	}
}

func (b *ownBalancer) UpdateClientConnState(s balancer.ClientConnState) error {
	b.called()
	seen := tokensIn(s.ResolverState)
	seenTokens.Store(&seen)
	return b.Balancer.UpdateClientConnState(s)
}

func (b *ownBalancer) ExitIdle() {
	b.called()
	b.Balancer.ExitIdle()
}

func (b *ownBalancer) Close() {
	b.called()
	ownClosed.Add(1)
	b.Balancer.Close()
}

// goroutine returns the number of the goroutine that it is called on.
func goroutine() string {
	var text [64]byte
	return strings.Fields(string(text[:runtime.Stack(text[:], false)]))[1]
}

// seenTokens is what ownChild was told of its backends last.
var seenTokens atomic.Pointer[string]

// tokensIn returns the tokens of addresses, and of endpoints unless they are the
// same.
func tokensIn(s resolver.State) string {
	var addresses, endpoints []string
	for _, a := range s.Addresses {
		addresses = append(addresses, orNone(grpclb.Token(a)))
	}
	for _, e := range s.Endpoints {
		endpoints = append(endpoints, orNone(grpclb.EndpointToken(e)))
	}
	if !slices.Equal(addresses, endpoints) {
		addresses = append(addresses, endpoints...)
	}
	return strings.Join(addresses, " ")
}

func orNone(token string, ok bool) string {
	if !ok {
		return "none"
	}
	return token
}

type ownPickers struct{}

// Build makes a picker that takes turns.
func (ownPickers) Build(info base.PickerBuildInfo) balancer.Picker {
	if len(info.ReadySCs) == 0 {
		return base.NewErrPicker(balancer.ErrNoSubConnAvailable)
	}
	return &ownPicker{ready: slices.Collect(maps.Keys(info.ReadySCs))}
}

type ownPicker struct {
	ready []balancer.SubConn
	next  atomic.Uint64
}

func (p *ownPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: p.ready[p.next.Add(1)%uint64(len(p.ready))]}, nil
}
