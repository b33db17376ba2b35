package hosted

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/endpointsharding"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/balancer/lazy"
	_ "google.golang.org/grpc/balancer/rls"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
	_ "google.golang.org/grpc/xds" // registers most of the parents

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// A parent is a policy of gRPC's that has this one as its child.
type parent struct {
	name   string
	config string // what is between its braces
	says   string // what its calls fail with, because they need more of gRPC than a test can have; empty: nothing
}

var parents = []parent{
	{"outlier_detection_experimental", `"interval":"0.02s","failurePercentageEjection":{},"childPolicy":[{"grpclb":{}}]`, ""},
	{"weighted_target_experimental", `"targets":{"a":{"weight":1,"childPolicy":[{"grpclb":{}}]},"b":{"weight":3,"childPolicy":[{"grpclb":{}}]}}`, ""},
	{"priority_experimental", `"children":{"a":{"config":[{"grpclb":{}}]},"b":{"config":[{"grpclb":{}}]}},"priorities":["a","b"]`, ""},
	{"xds_cluster_manager_experimental", `"children":{"a":{"childPolicy":[{"grpclb":{}}]},"b":{"childPolicy":[{"grpclb":{}}]}}`, "unknown cluster"},
	{"rls_experimental", `"routeLookupConfig":{"grpcKeybuilders":[{"names":[{"service":"grpc.testing.TestService"}]}],` +
		`"lookupService":"LOOKUP","cacheSizeBytes":1000},"childPolicy":[{"grpclb":{}}],"childPolicyConfigTargetFieldName":"serviceName"`, ""},
	{lazyParent, ``, ""},
	{shardingParent, ``, ""},
	{"grpclb", ``, ""},
}

// serviceConfig is that of a channel with this policy.
func (w *town) serviceConfig(p parent) string {
	return fmt.Sprintf(`{"loadBalancingConfig":[{%q:{%s}}]}`, p.name, strings.ReplaceAll(p.config, "LOOKUP", w.lookup))
}

// Parents that gRPC has only as a package.
const (
	lazyParent     = "tests_lazy_parent"
	shardingParent = "tests_sharding_parent"
)

// A builder builds one of those over this policy, whose config is theirs too.
type builder struct {
	name  string
	build func(balancer.ClientConn, balancer.BuildOptions) balancer.Balancer
}

func (b builder) Name() string { return b.name }

func (b builder) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return b.build(cc, o)
}

func (b builder) ParseConfig(text json.RawMessage) (serviceconfig.LoadBalancingConfig, error) {
	return balancer.Get("grpclb").(balancer.ConfigParser).ParseConfig(text)
}

func init() {
	balancer.Register(builder{lazyParent, func(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
		return lazy.NewBalancer(cc, o, balancer.Get("grpclb").Build)
	}})
	balancer.Register(builder{shardingParent, func(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
		return endpointsharding.NewBalancer(cc, o, balancer.Get("grpclb").Build, endpointsharding.Options{})
	}})
}

// A town is a balancer and backends at real sockets.
type town struct {
	*testing.T
	network  lbtest.Network
	backends []*lbtest.Backend
	lb       string
	lookup   string // where RLS looks a call's target up
}

func newTown(t *testing.T) *town {
	n := lbtest.NewLoopback()
	w := &town{T: t, network: n}
	var servers []lbserver.Server
	for i := range 3 {
		w.backends = append(w.backends, lbtest.NewBackend(t, n, i+1))
		servers = append(servers, lbserver.Server{Address: w.backends[i].Addr(), Token: "t"})
	}
	b := lbserver.New(lbserver.Options{ReportInterval: 100 * time.Millisecond})
	if err := b.SetServers(lbtest.Service, servers[:2]); err != nil {
		t.Fatal(err)
	}
	balancer := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.Register(balancer)
	w.lb = w.serve(balancer)
	t.Cleanup(b.Close) // first: the server waits for calls
	w.lookup = w.serve(grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(lookUp)))
	return w
}

// serve serves until the test ends, and returns the address.
func (w *town) serve(s *grpc.Server) string {
	l, err := w.network.Listen("")
	if err != nil {
		w.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	w.Cleanup(func() { s.Stop(); <-served })
	return l.Addr().String()
}

// lookUp answers each look-up of RLS with a target, which RLS tells the child
// policy as its serviceName. Its protocol is internal to grpc-go: field 3 of a
// RouteLookupResponse (grpc/lookup/v1/rls.proto).
func lookUp(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	response := append([]byte{3<<3 | 2, byte(len(lbtest.Service))}, lbtest.Service...)
	return stream.SendMsg(&response)
}

// raw is a codec of messages that are bytes already.
type raw struct{}

func (raw) Name() string                       { return "proto" }
func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }

// found is the i-th thing that the resolver finds: the balancer mostly, and one or
// two backends to fall back to.
func (w *town) found(i int) resolver.State {
	var s resolver.State
	for _, b := range w.backends[:1+i%2] {
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{b.Address()}})
	}
	if i%5 == 3 {
		return s
	}
	return state.Set(s, &state.State{BalancerAddresses: []resolver.Address{{Addr: w.lb}}})
}

// open opens a channel and names what there is.
func (w *town) open(config string) *lbtest.Channel {
	ch := lbtest.NewChannel(w.T, w.network, "", grpc.WithDefaultServiceConfig(config))
	if err := ch.Push(w.found(0)); err != nil {
		w.Errorf("the first update: %v", err)
	}
	return ch
}

// live uses a channel: calls, with updates meanwhile, and more calls while it is
// closed.
func (w *town) live(p parent, switches ...parent) {
	ch := w.open(w.serviceConfig(p))
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 10 {
			if len(switches) > 0 {
				if err := ch.ConfigureService(w.serviceConfig(switches[i%len(switches)])); err != nil {
					w.Error(err)
				}
			}
			_ = ch.Push(w.found(i)) // some parents take updates without balancers badly
		}
	})
	for range 3 {
		all.Go(func() {
			for range 3 {
				w.call(ch, p.says)
			}
		})
	}
	all.Wait()
	for range 2 {
		all.Go(func() { w.call(ch, "*") })
	}
	ch.Close()
	all.Wait()
}

// call makes a call that has to succeed, or to fail with this; "*" is anything but
// never.
func (w *town) call(ch *lbtest.Channel, says string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := ch.Unary(ctx, grpc.WaitForReady(says == ""))
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		w.Errorf("a call hangs: %v", err)
	case says == "*":
	case says == "" && err != nil, says != "" && (err == nil || !strings.Contains(err.Error(), says)):
		w.Errorf("a call comes to %v, want %q", err, says)
	}
}

// each runs f n times, ten at a time.
func (w *town) each(n int, f func(i int)) {
	var all sync.WaitGroup
	for first := range 10 {
		all.Go(func() {
			for i := first; i < n && !w.Failed(); i += 10 {
				f(i)
			}
		})
	}
	all.Wait()
}

// Under each parent, channels by the hundred: opened and closed at once, which is
// when outlier_detection was not ready for a first word, and used.
func TestState_FirstWord_Parents(t *testing.T) {
	for _, p := range parents {
		t.Run(p.name, func(t *testing.T) {
			w := newTown(t)
			w.each(100, func(int) { w.open(w.serviceConfig(p)).Close() })
			w.each(20, func(int) { w.live(p) })
		})
	}
}

// Channels that change from policy to policy while they are used: gRPC goes from
// one to the next when that is READY (gracefulswitch).
func TestState_FirstWord_Switches(t *testing.T) {
	w := newTown(t)
	others := []parent{{"round_robin", "", ""}, {"grpclb", "", ""}, {"pick_first", "", ""}, parents[0], {"grpclb", `"childPolicy":[{"pick_first":{}}]`, ""}}
	w.each(60, func(int) { w.live(parent{"grpclb", "", ""}, others...) })
}
