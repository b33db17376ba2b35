package main

import (
	"errors"
	"fmt"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/chaos/proxy"
	"github.com/actorlb/grpclb/lbserver"
)

// A fleet is all servers. The player's goroutine uses it.
type fleet struct {
	servers []*server // by number
	books   *books
	unnamed map[int]bool      // balancers that the resolver doesn't name, counted from 0
	list    []lbserver.Server // what balancers say, those that return too
	lists   int               // the number of that list
}

// startFleet starts everything, with a list of all backends.
func startFleet(b *books) (*fleet, error) {
	f := &fleet{books: b, unnamed: make(map[int]bool)}
	for range serverCount {
		p, err := proxy.Start()
		if err != nil {
			return f, err
		}
		f.servers = append(f.servers, &server{proxy: p})
	}
	f.draft(allBackends())
	for i := range serverCount {
		if err := f.start(i); err != nil {
			return f, err
		}
	}
	return f, nil
}

// close stops every server, and returns when no goroutine of theirs is left.
func (f *fleet) close() error {
	var wrong []error
	for _, s := range f.servers {
		wrong = append(wrong, s.stop())
		s.proxy.Close()
	}
	return errors.Join(wrong...)
}

// start starts a server that is stopped, in fair weather. A balancer has its list
// before anybody can ask, so that no client is told that the service is not known.
func (f *fleet) start(i int) error {
	s := f.servers[i]
	if !isBalancer(i) {
		return s.start(func(g *grpc.Server) { testpb.RegisterTestServiceServer(g, backend{}) })
	}
	s.lists = lbserver.New(lbserver.Options{ReportInterval: reportInterval})
	if err := s.lists.SetServers(service, f.list); err != nil {
		return err
	}
	return s.start(func(g *grpc.Server) { s.lists.Register(g) }, grpc.StreamInterceptor(f.books.reader(i-firstBalancer)))
}

// draft makes the next list, of these backends. Each entry has a token of its
// own, that begins with the number of the list.
func (f *fleet) draft(backends []int) int {
	f.lists++
	f.list = make([]lbserver.Server, len(backends))
	for place, i := range backends {
		f.list[place] = lbserver.Server{Address: f.servers[i].addr(), Token: fmt.Sprintf("%d/%d", f.lists, place)}
	}
	return f.lists
}

// announce has every balancer that runs tell a list of these backends, and
// returns its number.
func (f *fleet) announce(backends []int) (int, error) {
	number := f.draft(backends)
	for _, s := range f.servers {
		if s.lists == nil {
			continue
		}
		if err := s.lists.SetServers(service, f.list); err != nil {
			return number, err
		}
	}
	return number, nil
}

// resolved is what the resolver finds: the balancers that it names, beginning
// with the one of this number counted from 0, and the fallback servers.
func (f *fleet) resolved(first int) (balancers, fallbacks []string) {
	for i := range balancerCount {
		if n := (first + i) % balancerCount; !f.unnamed[n] {
			balancers = append(balancers, f.servers[firstBalancer+n].addr())
		}
	}
	for _, s := range f.servers[firstFallback:firstBalancer] {
		fallbacks = append(fallbacks, s.addr())
	}
	return balancers, fallbacks
}

// numberOf returns the number of the backend or fallback server at an address.
func (f *fleet) numberOf(addr string) (int, bool) {
	for i, s := range f.servers[:firstBalancer] {
		if s.addr() == addr {
			return i, true
		}
	}
	return 0, false
}
