package bench

import (
	"fmt"
	"slices"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// addr is the address of backend i, a different one in each of 32,768 epochs.
func addr(epoch, i int) string {
	return fmt.Sprintf("%d.%d.%d.%d:8000", 16+epoch>>8&127, epoch&255, i>>8, i&255)
}

func server(epoch, i, token int) *lbpb.Server {
	return lbtest.Server(addr(epoch, i), fmt.Sprintf("token-%d-%d", token, i))
}

// servers is a list of size backends and, with drops, a drop entry after every
// third of them: one in four, but one in two for a single backend.
func servers(size int, drops bool) (list []*lbpb.Server) {
	for i := range size {
		list = append(list, server(0, i, 0))
		if drops && (i%3 == 2 || i == size-1) {
			list = append(list, lbtest.Drop("rate"))
		}
	}
	return list
}

// endpoints is what a resolver finds for servers(size, false).
func endpoints(size int) (s resolver.State) {
	for i := range size {
		a := []resolver.Address{{Addr: addr(0, i)}}
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: a})
	}
	return s
}

func message(list []*lbpb.Server) *lbpb.LoadBalanceResponse {
	return &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
		ServerList: &lbpb.ServerList{Servers: list},
	}}
}

// A change is a kind of difference between a list and the next one.
type change struct {
	name string
	// next returns the list that follows list, for the turn-th time, and the
	// entries that have a new address.
	next func(list []*lbpb.Server, turn int) (next []*lbpb.Server, moved []int)
}

var changes = []change{{"one", oneEntry}, {"tokens", allTokens}, {"addresses", allAddresses}}

// remote is an epoch that oneEntry does not reach.
const remote = 1000

// oneEntry gives an entry, each time the next one, an address that is new.
func oneEntry(list []*lbpb.Server, turn int) ([]*lbpb.Server, []int) {
	next, i := slices.Clone(list), turn%len(list)
	next[i] = server(1+turn/len(list), i, turn)
	return next, []int{i}
}

func allTokens(list []*lbpb.Server, turn int) (next []*lbpb.Server, _ []int) {
	for i, s := range list {
		next = append(next, &lbpb.Server{
			IpAddress: s.IpAddress, Port: s.Port, LoadBalanceToken: fmt.Sprintf("token-%d-%d", turn+1, i),
		})
	}
	return next, nil
}

func allAddresses(list []*lbpb.Server, turn int) (next []*lbpb.Server, moved []int) {
	for i := range list {
		next, moved = append(next, server(remote+turn, i, 0)), append(moved, i)
	}
	return next, moved
}
