package lbtest

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/grpclb/state"
	_ "google.golang.org/grpc/balancer/roundrobin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
	"google.golang.org/grpc/status"
)

// standIn is the policy "grpclb" of this package's tests: round_robin over
// the fallback addresses, which shows the last update that it got.
type standIn struct{ balancer.Builder }

func init() { balancer.Register(standIn{balancer.Get("round_robin")}) }

// seen is the last update of any channel; the tests here run one by one.
var seen atomic.Pointer[balancer.ClientConnState]

type standInConfig struct {
	serviceconfig.LoadBalancingConfig
	Say string
}

func (standIn) Name() string { return "grpclb" }

func (standIn) ParseConfig(raw json.RawMessage) (serviceconfig.LoadBalancingConfig, error) {
	config := &standInConfig{}
	return config, json.Unmarshal(raw, config)
}

func (s standIn) Build(cc balancer.ClientConn, opts balancer.BuildOptions) balancer.Balancer {
	return &standInPolicy{s.Builder.Build(cc, opts)}
}

type standInPolicy struct{ balancer.Balancer }

func (p *standInPolicy) UpdateClientConnState(s balancer.ClientConnState) error {
	seen.Store(&s)
	return p.Balancer.UpdateClientConnState(s)
}

func (p *standInPolicy) ExitIdle() { p.Balancer.ExitIdle() }

// said returns the configuration that the policy has.
func said() string { return seen.Load().BalancerConfig.(*standInConfig).Say }

func TestChannel_ResolveReachesThePolicy(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		one, two := NewBackend(t, network, 1), NewBackend(t, network, 2)
		lb := NewBalancer(t, network)
		c := NewChannel(t, network, `{"Say":"hello"}`)
		balancers := []resolver.Address{lb.Address()}
		if err := c.Resolve(balancers, one.Addr(), two.Addr()); err != nil {
			t.Fatal(err)
		}
		if said() != "hello" {
			t.Errorf("the policy's config says %q, want hello", said())
		}
		s := state.Get(seen.Load().ResolverState)
		if s == nil || len(s.BalancerAddresses) != 1 || s.BalancerAddresses[0].Addr != lb.Addr() {
			t.Errorf("the policy has the balancers %v, want %s", s, lb.Addr())
		}
		got := make(map[int]bool)
		for len(got) < 2 {
			a, err := c.Unary(short(t))
			if err != nil {
				t.Fatal(err)
			}
			got[a.Backend] = true
		}
		if !got[1] || !got[2] {
			t.Errorf("answers of %v, want backends 1 and 2", got)
		}
	})
}

func TestChannel_ResolveWithoutBalancersHasNone(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		c := NewChannel(t, network, "")
		if err := c.Resolve(nil, "10.0.0.1:1"); err != nil {
			t.Fatal(err)
		}
		if s := state.Get(seen.Load().ResolverState); s != nil {
			t.Errorf("the policy has the balancers %v, want none", s)
		}
	})
}

func TestChannel_ResolveReturnsWhatThePolicySays(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		c := NewChannel(t, network, "")
		if err := c.Resolve(nil); !errors.Is(err, balancer.ErrBadResolverState) {
			t.Errorf("resolving to nothing: %v, want a bad resolver state", err)
		}
	})
}

func TestChannel_ConfigureCountsFromTheNextResolve(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		c := NewChannel(t, network, `{"Say":"one"}`)
		resolve := func(want string) {
			t.Helper()
			if err := c.Resolve(nil, "10.0.0.1:1"); err != nil {
				t.Fatal(err)
			}
			if said() != want {
				t.Errorf("the policy's config says %q, want %q", said(), want)
			}
		}
		resolve("one")
		if err := c.Configure(`{"Say":"two"}`); err != nil {
			t.Fatal(err)
		}
		if said() != "one" {
			t.Error("the policy had the new config before Resolve")
		}
		resolve("two")
		if err := c.Configure(`{"Say":3}`); err == nil {
			t.Error("Configure took a malformed config")
		}
	})
}

func TestChannel_PushSaysAnything(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 4)
		c := NewChannel(t, network, "")
		endpoints := []resolver.Endpoint{{Addresses: []resolver.Address{b.Address()}}}
		if err := c.Push(resolver.State{Endpoints: endpoints}); err != nil {
			t.Fatal(err)
		}
		if a, err := c.Unary(short(t)); a.Backend != 4 || err != nil {
			t.Errorf("answer %v, %v; want backend 4", a, err)
		}
	})
}

func TestChannel_ResolverError(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		c := NewChannel(t, network, "")
		c.ResolverError(errors.New("no such name"))
		if _, err := c.Unary(short(t)); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "no such name") {
			t.Errorf("the call ended with %v, want UNAVAILABLE: no such name", err)
		}
	})
}

func TestChannel_ReresolvedCounts(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		c := channelTo(t, network, b)
		if _, err := c.Unary(short(t)); err != nil {
			t.Fatal(err)
		}
		if n := c.Reresolved(); n != 0 {
			t.Errorf("resolved %d times again, want none", n)
		}
		network.Cut(b.Addr())
		synctest.Wait()
		if n := c.Reresolved(); n == 0 {
			t.Error("a lost connection did not resolve again")
		}
	})
}

func TestChannel_UnaryOverridesByOptions(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		b.Stop()
		c := channelTo(t, network, b)
		if _, err := c.Unary(short(t)); status.Code(err) != codes.Unavailable {
			t.Errorf("the call ended with %v, want UNAVAILABLE", err)
		}
		time.AfterFunc(2*time.Second, b.Restart)
		if _, err := c.Unary(short(t), grpc.WaitForReady(true)); err != nil {
			t.Errorf("the call that waits ended with %v", err)
		}
	})
}

// A channel that was idle gets the resolver's last word again.
func TestChannel_LeavesIdleModeAsItWas(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		c := NewChannel(t, network, "", grpc.WithIdleTimeout(time.Minute))
		if err := c.Resolve(nil, b.Addr()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := c.Unary(short(t)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if b.Open() != 0 {
				t.Errorf("%d connections open in idle mode", b.Open())
			}
		}
	})
}

func TestChannel_CloseTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		c := NewChannel(t, network, "")
		c.Close()
		c.Close()
		if _, err := c.Unary(short(t)); status.Code(err) != codes.Canceled {
			t.Errorf("a call on a closed channel ended with %v, want CANCELLED", err)
		}
	})
}

func TestChannel_BadOptionsFailTheTest(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		if wrong := j.verdict(func() { NewChannel(j, network, "{") }); len(wrong) != 1 {
			t.Errorf("said %q, want that the config is malformed", wrong)
		}
	})
}
