package grpclb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// ownName is a policy of the tests' own, which has to be registered before
// the first channel is made.
const ownName = "grpclb_own"

func init() {
	balancer.Register(grpclb.NewBuilder(
		grpclb.WithName(ownName),
		grpclb.WithDefaults(grpclb.Config{
			ServiceName:            "own",
			InitialFallbackTimeout: time.Second,
			MaxPendingPicks:        2,
			StreamBackoff:          backoff.Config{BaseDelay: time.Minute},
		}),
		grpclb.WithBalancerDialOptions(grpc.WithUserAgent("own-agent")),
	))
}

func TestBuilder_IsRegistered(t *testing.T) {
	b := balancer.Get("grpclb")
	if b == nil || b.Name() != "grpclb" {
		t.Fatalf("grpclb is %v", b)
	}
	if _, ok := b.(balancer.ConfigParser); !ok {
		t.Error("it parses no config")
	}
	same(t, "name of a builder without options", grpclb.NewBuilder().Name(), grpclb.Name)
}

// The tests import the package, so grpc-go's own grpclb, under the same name,
// is not what is tested. It would turn SRV look-ups on for every channel.
func TestBuilder_IsOurs(t *testing.T) {
	if _, ok := balancer.Get("grpclb").(*grpclb.Builder); !ok {
		t.Errorf("grpclb is a %T", balancer.Get("grpclb"))
	}
}

func TestOptions(t *testing.T) {
	own := grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, ownName))
	inBubble(t, "", func(w *world) {
		w.resolve(w.backends(1)...)
		p, _ := w.begin(w.Context()), w.begin(w.Context())
		w.refused() // MaxPendingPicks
		c := w.lb.Next()
		same(w, "ServiceName", c.Name(), "own")
		contains(w, c.MD().Get("user-agent")[0], "own-agent")
		<-p.done
		same(w, "InitialFallbackTimeout", p.after, time.Second)
		c.HangUp(nil)
		ended := time.Now()
		if took := w.lb.NextWithin(2 * time.Minute).Opened().Sub(ended); took < 48*time.Second || took > 72*time.Second {
			w.Errorf("StreamBackoff: %v, want a minute, 20 %% more or less", took)
		}
	}, own)
}

// Defaults that are no good are refused where a program makes its channel.
func TestConfig_BuilderDefaultsRefusedByNewClient(t *testing.T) {
	const name = "grpclb_refused"
	balancer.Register(grpclb.NewBuilder(grpclb.WithName(name), grpclb.WithDefaults(grpclb.Config{SubConnLinger: -time.Second})))
	cc, err := grpc.NewClient("passthrough:///any", grpc.WithTransportCredentials(insecure.NewCredentials()), named(name, `{"subConnLinger":"1s"}`))
	if err == nil {
		cc.Close()
		t.Fatal("a channel is made")
	}
	contains(t, err.Error(), "WithDefaults", "subConnLinger", "negative")
}

// A service config changes what it mentions.
func TestOptions_DefaultsBehindAConfig(t *testing.T) {
	config := `{"loadBalancingConfig":[{%q:{"serviceName":"mentioned"}}]}`
	inBubble(t, "", func(w *world) {
		p := w.begin(w.Context())
		w.resolve(w.backends(1)...)
		same(w, "name", w.lb.Next().Name(), "mentioned")
		<-p.done
		same(w, "fallback by WithDefaults", p.after, time.Second)
	}, grpc.WithDefaultServiceConfig(fmt.Sprintf(config, ownName)))
}

// The channel to the balancer is like the user's: dialler, authority, agent.
func TestBuilder_BalancerChannel(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolve()
		c := w.lb.Next()
		contains(w, c.MD().Get("user-agent")[0], "my-agent")
		same(w, "authority", strings.Join(c.MD().Get(":authority"), " "), "my-authority")
	}, grpc.WithUserAgent("my-agent"), grpc.WithAuthority("my-authority"))
}

// Without credentials for it the balancer is not talked to, least of all in
// plain text.
func TestBuilder_NoCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		lb, parent := lbtest.NewBalancer(t, n), lbtest.NewParent(t)
		p := grpclb.NewBuilder().Build(parent, balancer.BuildOptions{Dialer: n.Dial})
		t.Cleanup(p.Close)
		update(t, p, resolver.State{Addresses: []resolver.Address{{Addr: "10.0.0.1:80"}}}, nil, lb.Address())
		same(t, "address of the SubConn", parent.SubConn(1).Address.Addr, "10.0.0.1:80")
		same(t, "connections to the balancer", lb.Conns(), 0)
	})
}

// update has the resolver say something to a policy of which the test plays
// the channel.
func update(t testing.TB, p balancer.Balancer, s resolver.State, c serviceconfig.LoadBalancingConfig, balancers ...resolver.Address) {
	t.Helper()
	if len(balancers) > 0 {
		s = state.Set(s, &state.State{BalancerAddresses: balancers})
	}
	if err := p.UpdateClientConnState(balancer.ClientConnState{ResolverState: s, BalancerConfig: c}); err != nil {
		t.Errorf("update: %v", err)
	}
	synctest.Wait()
}

func parse(t testing.TB, config string) serviceconfig.LoadBalancingConfig {
	t.Helper()
	c, err := grpclb.NewBuilder().ParseConfig(json.RawMessage(config))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfig_Update(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		same(t, "name without a config", r.call.Name(), lbtest.Service)
		update(t, r.policy, resolver.State{}, parse(t, `{"serviceName":"other"}`), r.lb.Address())
		same(t, "name of the config", r.lb.Next().Name(), "other")
		rejected := balancer.ClientConnState{BalancerConfig: parse(t, `{"serviceName":"rejected"}`)}
		if err := r.policy.UpdateClientConnState(rejected); !errors.Is(err, balancer.ErrBadResolverState) {
			t.Errorf("an update with nothing: %v", err)
		}
		synctest.Wait()
		same(t, "calls after a config that was rejected", r.lb.Calls(), 2)
		update(t, r.policy, resolver.State{}, nil, r.lb.Address())
		same(t, "name when the config has disappeared", r.lb.Next().Name(), lbtest.Service)
	})
}

// addressesOf returns those of the SubConns made so far, in order.
func addressesOf(p *lbtest.Parent) string {
	var all []string
	for _, sc := range p.SubConns() {
		all = append(all, sc.Address.Addr)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestConfig_Addresses(t *testing.T) {
	a, b, c := resolver.Address{Addr: "10.0.0.1:80"}, resolver.Address{Addr: "10.0.0.2:80"}, resolver.Address{Addr: "10.0.0.3:80"}
	for name, of := range map[string]struct {
		state resolver.State
		first []string // of each endpoint
	}{
		"addresses": {resolver.State{Addresses: []resolver.Address{a, b, c}}, []string{a.Addr, b.Addr, c.Addr}},
		"endpoints": {resolver.State{Endpoints: []resolver.Endpoint{
			{Addresses: []resolver.Address{a, b}}, {}, {Addresses: []resolver.Address{c}},
		}}, []string{a.Addr, c.Addr}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, parent := lbtest.NewMemory(), lbtest.NewParent(t)
				p := grpclb.NewBuilder().Build(parent, lbtest.BuildOptions(n))
				t.Cleanup(p.Close)
				update(t, p, of.state, nil)
				same(t, "addresses", addressesOf(parent), strings.Join(of.first, " "))
			})
		})
	}
}

// A name that can't be sent is refused before it is: too long, or no text.
func TestStream_FirstMessageRefused(t *testing.T) {
	for name, c := range map[string]struct {
		name string
		want string // in the error; empty: none
	}{
		"255 bytes": {strings.Repeat("x", 255), ""},
		"256 bytes": {strings.Repeat("x", 256), "256 bytes"},
		"no UTF-8":  {"\xff", "UTF-8"},
	} {
		t.Run("target of "+name, func(t *testing.T) {
			refuses(t, grpclb.NewBuilder(), c.name, c.name, c.want)
		})
		t.Run("default of "+name, func(t *testing.T) {
			b := grpclb.NewBuilder(grpclb.WithDefaults(grpclb.Config{ServiceName: c.name}))
			refuses(t, b, lbtest.Service, c.name, c.want)
		})
	}
}

// refuses shows that a policy refuses to ask for a name, and lets calls fail
// with the reason; or asks for it, if want is empty.
func refuses(t *testing.T, b *grpclb.Builder, target, name, want string) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		lb, parent := lbtest.NewBalancer(t, n), lbtest.NewParent(t)
		o := lbtest.BuildOptions(n)
		o.Target.URL.Path = "/" + target
		p := b.Build(parent, o)
		t.Cleanup(p.Close)
		s := state.Set(resolver.State{}, &state.State{BalancerAddresses: []resolver.Address{lb.Address()}})
		err := p.UpdateClientConnState(balancer.ClientConnState{ResolverState: s})
		synctest.Wait()
		if want == "" {
			same(t, "error", err, nil)
			same(t, "name", lb.Next().Name(), name)
			return
		}
		if err == nil {
			t.Fatalf("no error for %q", name)
		}
		contains(t, err.Error(), want)
		parent.WaitState(connectivity.TransientFailure)
		_, err = parent.Pick(t.Context())
		contains(t, err.Error(), want, "balancer")
		same(t, "balancer streams", lb.Calls(), 0)
	})
}
