package recipes

import (
	"sync"
	"testing"
	"time"

	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// A silent balancer counts as failed before the fallback timeout is over.
const twoBalancers = `
{"loadBalancingConfig": [{"grpclb": {"balancerTimeout": "2s", "initialFallbackTimeout": "10s"}}]}
`

const twoTarget = "grpclb://lb-1.example.com:8080/service.example.com:443?balancer=lb-2.example.com:8080"

// One of two balancers stops: calls go on, and lists come from the other one.
func TestTwoBalancers(t *testing.T) {
	s := newSite(t, lbtest.NewLoopback(), 2)
	s.list(1)
	other := s.secondBalancer()
	if err := other.SetServers(service, s.servers(1)); err != nil {
		t.Fatal(err)
	}
	client := s.dial(twoTarget, twoBalancers)
	call := func() {
		if _, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	call()
	used, spare := s.balancer, other
	if len(used.Clients()) == 0 {
		used, spare = spare, used
	}
	if len(used.Clients()) != 1 || len(spare.Clients()) != 0 {
		t.Errorf("the balancers have %d and %d clients, want 1 and 0", len(used.Clients()), len(spare.Clients()))
	}
	used.Close()
	if err := spare.SetServers(service, s.servers(2)); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); s.backends[1].Calls() == 0; call() {
		if time.Since(start) > 5*time.Second {
			t.Fatal("no list came from the other balancer")
		}
	}
}

// A balancer that sends nothing is left after balancerTimeout. Each channel draws
// which of the two it asks first.
func TestTwoBalancers_Silent(t *testing.T) {
	s := newSite(t, lbtest.NewLoopback(), 1)
	silent := s.secondBalancer()
	if err := silent.Expect(service); err != nil {
		t.Fatal(err)
	}
	var channels sync.WaitGroup
	for range 6 {
		client := s.dial(twoTarget, twoBalancers)
		channels.Go(func() {
			start := time.Now()
			if _, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{}); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("the first call took %v", took)
			}
		})
	}
	channels.Wait()
}

// secondBalancer starts the balancer that lb-2.example.com is.
func (s *site) secondBalancer() *lbserver.Balancer {
	b := lbserver.New(lbserver.Options{})
	s.second = s.serve("", b.Register, lbserver.KeepaliveEnforcement())
	s.Cleanup(b.Close)
	return b
}
