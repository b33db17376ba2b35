package grpclb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/lbresolver" // the scheme "grpclb", and the policy
	"github.com/actorlb/grpclb/lbserver"
)

// creds are for examples only: nobody is authenticated.
var creds = grpc.WithTransportCredentials(insecure.NewCredentials())

// The target names the service, and DNS has its balancers: the SRV records of
// _grpclb._tcp.service.example.com. Nothing is looked up before the first call.
func Example_target() {
	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds)
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(cc.Target())
	// Output: grpclb:///service.example.com:443
}

// The target names the balancer too.
func Example_targetWithBalancer() {
	cc, err := grpc.NewClient("grpclb://balancer.example.com:8080/service.example.com:443", creds)
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(cc.Target())
	// Output: grpclb://balancer.example.com:8080/service.example.com:443
}

// A service config of your own. The builder adds this policy to it.
func Example_serviceConfig() {
	builder := lbresolver.NewBuilder(lbresolver.WithServiceConfig(
		`{"methodConfig": [{"name": [{}], "timeout": "5s"}]}`))
	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds, grpc.WithResolvers(builder))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(cc.Target())
	// Output: grpclb:///service.example.com:443
}

// A call over a channel whose target names the balancer.
func Example() {
	address, stop := balance(lbserver.Server{Token: "blue"})
	defer stop()

	cc, err := grpc.NewClient("grpclb://"+address+"/service.example.com:443?fallback=off", creds)
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(call(cc))
	// Output: answered, with the token "blue"
}

// A resolver of your own says where the balancers and the fallback backends are.
func Example_resolver() {
	address, stop := balance(lbserver.Server{Token: "blue"})
	defer stop()
	balancers := []resolver.Address{{Addr: address}}
	fallback := []resolver.Address{{Addr: "127.0.0.1:1"}} // not needed here

	r := manual.NewBuilderWithScheme("mine")
	r.InitialState(state.Set(resolver.State{Addresses: fallback},
		&state.State{BalancerAddresses: balancers}))
	cc, err := grpc.NewClient("mine:///service.example.com:443", creds, grpc.WithResolvers(r),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"grpclb":{}}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(call(cc))
	// Output: answered, with the token "blue"
}

func init() {
	balancer.Register(grpclb.NewBuilder(grpclb.WithName("grpclb_z1"), grpclb.WithBalancerHeaders("zone", "z1")))
}

// Headers tell the balancer where the client is, and it has a list for clients there. A policy with
// headers is registered when the program starts (above, in an init function), and chosen by the
// service config. Without WithName it would be "grpclb" itself, for all channels of the process.
func Example_headers() {
	address, stop := balanceClass(lbserver.Options{
		Classify: func(c lbserver.Client) string { return strings.Join(c.Metadata.Get("zone"), "") },
	}, "z1", lbserver.Server{Token: "near"})
	defer stop()

	builder := lbresolver.NewBuilder(lbresolver.WithServiceConfig(`{"loadBalancingConfig": [{"grpclb_z1": {}}]}`))
	cc, err := grpc.NewClient("grpclb://"+address+"/service.example.com:443?fallback=off", creds, grpc.WithResolvers(builder))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(call(cc))
	// Output: answered, with the token "near"
}

// A balancer, in a program that knows the backends.
func Example_balancer() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(serveBalancer(listener))
	// Output: <nil>
}

func serveBalancer(listener net.Listener) error {
	b := lbserver.New(lbserver.Options{})
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.Register(s)
	err := b.SetServers("service.example.com:443", []lbserver.Server{
		{Address: "10.0.0.1:50051", Token: "a"},
		{Address: "[2001:db8::2]:50051", Token: "b", Weight: 3}, // three times the calls of a
	})
	go s.Serve(listener) // call SetServers again whenever the backends change

	b.Close() // ends the streams of clients, for which GracefulStop waits
	s.GracefulStop()
	return err
}

// A ping goes to the next backend in turn.
func ExamplePing() {
	address, stop := balance(lbserver.Server{})
	defer stop()
	cc, err := grpc.NewClient("grpclb://"+address+"/service.example.com:443?fallback=off", creds)
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	took, err := grpclb.Ping(ctx, cc)
	fmt.Println(err, took > 0)
	// Output: <nil> true
}

// The state of a channel, as values and as JSON.
func ExampleDescribe() {
	address, stop := balance(lbserver.Server{Token: "a"}, lbserver.Server{Token: "b", Weight: 3})
	defer stop()
	cc, err := grpc.NewClient("grpclb://"+address+"/service.example.com:443?fallback=off", creds)
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(call(cc)[:8])

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, err := grpclb.Describe(ctx, cc)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Mode.Name, "because", s.Mode.Reason)
	for _, e := range s.List.Entries {
		fmt.Print(e.Token, " ")
	}
	text, err := json.Marshal(s) // the same as JSON
	fmt.Println(s.Pending.Depth, json.Valid(text), err)
	// Output:
	// answered
	// balanced because the balancer sent a server list
	// b a b b 0 true <nil>
}

// A policy with another name and shorter times: it falls back after 1 s without a
// list, and uses a new list after 1 s even if none of its backends is ready.
func ExampleNewBuilder() {
	balancer.Register(grpclb.NewBuilder(
		grpclb.WithName("grpclb_hasty"),
		grpclb.WithDefaults(grpclb.Config{
			InitialFallbackTimeout: time.Second,
			HandoverTimeout:        time.Second,
		}),
	))
	address, stop := balance(lbserver.Server{Token: "blue"})
	defer stop()
	// With config=off the target leaves it to the service config to select the policy.
	cc, err := grpc.NewClient("grpclb://"+address+"/service.example.com:443?fallback=off&config=off", creds,
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"grpclb_hasty":{}}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(call(cc))
	// Output: answered, with the token "blue"
}

// A Config prints as JSON that a service config accepts.
func ExampleConfig() {
	fmt.Println(grpclb.DefaultConfig())
	// Output:
	// {"initialFallbackTimeout":"10s","emptyServerList":"wait","backendHealthCheck":"fallback","handoverTimeout":"10s","subConnLinger":"10s","maxPendingPicks":0,"streamBackoff":{"initialDelay":"1s","multiplier":1.6,"jitter":0.2,"maxDelay":"120s"},"balancerTimeout":"10s","balancerKeepalive":{"time":"30s","timeout":"10s"}}
}

// A child policy picks among the backends. This one sends every call to the backend
// with the token "leader".
func ExampleToken() {
	balancer.Register(base.NewBalancerBuilder("leader_only", leaderOnly{}, base.Config{}))
	address, stop := balance(lbserver.Server{Token: "follower"}, lbserver.Server{Token: "leader"})
	defer stop()
	cc, err := grpc.NewClient("grpclb://"+address+"/service.example.com:443?fallback=off&config=off", creds,
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"grpclb":{"childPolicy":[{"leader_only":{}}]}}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	fmt.Println(call(cc))
	fmt.Println(call(cc))
	// Output:
	// answered, with the token "leader"
	// answered, with the token "leader"
}

// A leaderOnly builds pickers for package base. It is the picker too while there
// is no leader.
type leaderOnly struct{}

func (leaderOnly) Build(info base.PickerBuildInfo) balancer.Picker {
	for conn, known := range info.ReadySCs {
		if token, _ := grpclb.Token(known.Address); token == "leader" {
			return leader{conn}
		}
	}
	return leaderOnly{}
}

func (leaderOnly) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable // a call waits
}

type leader struct{ conn balancer.SubConn }

func (l leader) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: l.conn}, nil
}
