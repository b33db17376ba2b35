package tokens_test

import (
	"fmt"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/tokens"
)

// A list from a balancer: one server can't be dialled, and one has a token that can't be
// sent.
func ExampleParse() {
	list := tokens.Parse(&lbpb.ServerList{Servers: []*lbpb.Server{
		{IpAddress: []byte{10, 0, 0, 1}, Port: 50051, LoadBalanceToken: "a"},
		{IpAddress: []byte{10, 0, 0, 2}, Port: 70000, LoadBalanceToken: "b"},
		{IpAddress: []byte{10, 0, 0, 3}, Port: 50051, LoadBalanceToken: "line\nbreak"},
		{Drop: true, LoadBalanceToken: "shed"},
	}}, nil)

	for _, e := range list.Entries {
		fmt.Printf("%q %q drop=%v\n", e.Addr, e.Metadata().Get(tokens.MetadataKey), e.Drop)
	}
	for _, r := range append(list.Rejected, list.Warnings...) {
		fmt.Printf("server %d: %s\n", r.Index, r.Reason)
	}
	// Output:
	// "10.0.0.1:50051" ["a"] drop=false
	// "10.0.0.3:50051" [""] drop=false
	// "" [] drop=true
	// server 1: port 70000 is not in 1..65535
	// server 2: token of 10 bytes, not printable ASCII: the empty one is sent
}

// Lists in a row share the entries that are the same in both.
func ExampleParse_next() {
	server := &lbpb.Server{IpAddress: []byte{10, 0, 0, 1}, Port: 50051, LoadBalanceToken: "a"}
	first := tokens.Parse(&lbpb.ServerList{Servers: []*lbpb.Server{server}}, nil)
	next := tokens.Parse(&lbpb.ServerList{Servers: []*lbpb.Server{server, {Drop: true}}}, first)

	fmt.Println("equal:", next.Equal(first), "shared:", next.Entries[0] == first.Entries[0])
	fmt.Println("backends:", next.Backends(), "drops:", next.Drops())
	// Output:
	// equal: false shared: true
	// backends: 1 drops: 1
}
