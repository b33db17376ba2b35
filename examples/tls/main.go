// Tls shows who is authenticated as what when balancer and backends have TLS. The
// certificates are made when it starts, by a CA of its own.
//
//   - The balancer is authenticated by the ServerName of its address. Who says
//     that is the resolver: with SRV records it is the name that the record has.
//   - Backends are authenticated as the channel's authority, which is the name
//     that was dialled. Nothing in a server list can change that.
//
// A server with a certificate for another name is refused, be it a backend that
// the balancer names or the balancer itself. Anything else than what is expected
// ends the program with exit code 1.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	_ "github.com/actorlb/grpclb" // the policy "grpclb"
)

const (
	// timeLimit bounds the whole program, which takes less than a second.
	timeLimit = 20 * time.Second
	// counted is how many calls are counted of each kind.
	counted = 20
	// service is what the channel dials: the channel's authority, and so the
	// name that backends have to prove.
	service = "greeter.example.com"
	// balancerName is the name that the balancer has to prove.
	balancerName = "lb-1.example.com"
)

const config = `{"loadBalancingConfig": [{"grpclb": {}}]}`

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tls:", err)
		os.Exit(1)
	}
}

// run shows the one thing after the other, each with a cluster of its own.
func run(w io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	for _, s := range scenes {
		text, err := s.play(ctx, ca)
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		fmt.Fprintf(w, "%-46s%s\n", s.what, text)
	}
	fmt.Fprintf(w, "\ntls: ok (3 wrong certificates, each refused)\n")
	return nil
}

// A scene is a balancer with a name and a list, and what becomes of calls.
type scene struct {
	what      string
	certified string   // the name in the balancer's certificate
	list      []string // the backends that it names
	refused   string   // the server that clients turn away; "" for none
	servers   []string // that answer calls; without any, calls fail
}

var scenes = []scene{
	{"everybody is who they say", balancerName, []string{"a", "b"}, "", []string{"a", "b"}},
	{"a backend in the list is somebody else", balancerName, []string{"a", stranger, "b"}, stranger, []string{"a", "b"}},
	{"the only backend in the list is somebody else", balancerName, []string{stranger}, stranger, nil},
	{"the balancer is somebody else", "lb-1.example.org", []string{"a", "b"}, balancer, []string{fallback}},
}

// play makes the calls of a scene and says where they went.
func (s scene) play(ctx context.Context, ca *authority) (string, error) {
	servers, err := startCluster(ca, s.certified)
	if err != nil {
		return "", err
	}
	defer servers.stop()
	if err := servers.announce(s.list); err != nil {
		return "", err
	}
	cc, err := dial(ca, servers)
	if err != nil {
		return "", err
	}
	defer cc.Close()
	cc.Connect()
	if s.refused != "" {
		if err := servers.named[s.refused].awaitRefusal(ctx); err != nil {
			return "", err
		}
	}
	client := testpb.NewTestServiceClient(cc)
	if len(s.servers) == 0 {
		return fail(ctx, client)
	}
	return s.count(ctx, client)
}

// dial makes the channel. The transport credentials are for backends and
// balancers alike; what differs is the name that they are asked to prove.
func dial(ca *authority, servers *cluster) (*grpc.ClientConn, error) {
	found := resolver.State{Addresses: []resolver.Address{{Addr: servers.named[fallback].addr}}}
	found = state.Set(found, &state.State{BalancerAddresses: []resolver.Address{{
		Addr:       servers.named[balancer].addr,
		ServerName: balancerName, // left out, it is the channel's authority
	}}})
	r := manual.NewBuilderWithScheme("tls")
	r.InitialState(found)
	return grpc.NewClient("tls:///"+service,
		grpc.WithResolvers(r),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(ca.client()))
}

// count makes calls until each of the servers has answered one, and counts who
// answers the next ones. Nobody else may answer any of them.
func (s scene) count(ctx context.Context, client testpb.TestServiceClient) (string, error) {
	by := map[string]int{}
	for settled := false; !settled; settled = len(by) == len(s.servers) {
		if err := s.call(ctx, client, by); err != nil {
			return "", err
		}
	}
	clear(by)
	for range counted {
		if err := s.call(ctx, client, by); err != nil {
			return "", err
		}
	}
	text := "calls:"
	for _, name := range s.servers {
		text += fmt.Sprintf(" %s %d", name, by[name])
	}
	return text, nil
}

// call makes one call and notes who has answered it.
func (s scene) call(ctx context.Context, client testpb.TestServiceClient, by map[string]int) error {
	answer, err := client.UnaryCall(ctx, &testpb.SimpleRequest{})
	if err != nil {
		return err
	}
	name := answer.GetServerId()
	if by[name]++; !slices.Contains(s.servers, name) {
		return fmt.Errorf("a call was answered by %s", name)
	}
	return nil
}

// fail makes a call that has nobody to go to, and says why it fails: as gRPC
// told it.
func fail(ctx context.Context, client testpb.TestServiceClient) (string, error) {
	_, err := client.UnaryCall(ctx, &testpb.SimpleRequest{})
	why := "certificate is valid for " + members[stranger] + ", not " + service
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), why) {
		return "", fmt.Errorf("a call ends with %v, want UNAVAILABLE, and that the %s", err, why)
	}
	return "UNAVAILABLE: " + why, nil
}
