// Package spread has scenes, to be played by clients of several policies. In one a
// balancer is added, and clients spread over both because their calls to the
// first one end by their age. In the other their class changes.
package spread

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

const (
	clients = 10
	age     = time.Minute
)

// Play plays the scene with the policy that is registered as "grpclb": half of the
// clients get to know the new balancer before the old one, and have to be there after
// a call's age. Meanwhile no call fails, none goes to the fallback address, and
// no connection to a backend is made anew.
func Play(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		backend, spare := lbtest.NewBackend(t, n, 1), lbtest.NewBackend(t, n, 2)
		list := []lbserver.Server{{Address: backend.Addr(), Token: "t"}}
		first, second := open(t, n, "192.0.2.1:9000", list), open(t, n, "192.0.2.2:9000", list)

		channels := make([]*lbtest.Channel, clients)
		for i := range channels {
			channels[i] = lbtest.NewChannel(t, n, "")
			resolve(t, channels[i], spare, first)
			call(t, channels[i], grpc.WaitForReady(true))
		}
		wantClients(t, first, clients)
		for i, ch := range channels {
			if i%2 == 0 {
				resolve(t, ch, spare, second, first)
			} else {
				resolve(t, ch, spare, first, second)
			}
		}
		synctest.Wait()
		wantClients(t, first, clients)

		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for began := time.Now(); time.Since(began) < 5*age; <-tick.C {
			for _, ch := range channels {
				call(t, ch)
			}
		}
		// A client may be between two streams, for at most 0.1 s.
		for range 2 {
			if len(first.Clients())+len(second.Clients()) < clients {
				<-tick.C
			}
		}
		wantClients(t, first, clients/2)
		wantClients(t, second, clients/2)
		if n := spare.Calls(); n != 0 {
			t.Errorf("%d calls went to the fallback address", n)
		}
		if n := backend.Conns(); n != clients {
			t.Errorf("the backend was connected to %d times by %d clients", n, clients)
		}
		for _, ch := range channels {
			ch.Close()
		}
	})
}

// A balancer ends calls by age.
type balancer struct {
	*lbserver.Balancer
	addr string
}

func open(t *testing.T, n lbtest.Network, addr string, list []lbserver.Server) *balancer {
	return openWith(t, n, addr, lbserver.Options{MaxCallAge: age}, list)
}

func openWith(t *testing.T, n lbtest.Network, addr string, opts lbserver.Options, list []lbserver.Server) *balancer {
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{lbserver.New(opts), addr}
	if err := b.SetServers(lbtest.Service, list); err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(lbserver.KeepaliveEnforcement(),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: age / 2}))
	b.Register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		b.Close()
		s.Stop()
		<-served
	})
	return b
}

func resolve(t *testing.T, ch *lbtest.Channel, fallback *lbtest.Backend, balancers ...*balancer) {
	var addresses []resolver.Address
	for _, b := range balancers {
		addresses = append(addresses, resolver.Address{Addr: b.addr, ServerName: "balancer.test"})
	}
	if err := ch.Resolve(addresses, fallback.Addr()); err != nil {
		t.Fatal(err)
	}
}

func call(t *testing.T, ch *lbtest.Channel, opts ...grpc.CallOption) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := ch.Unary(ctx, opts...); err != nil {
		t.Errorf("a call failed: %v", err)
	}
}

func wantClients(t *testing.T, b *balancer, want int) {
	t.Helper()
	synctest.Wait()
	got := b.Clients()
	if len(got) != want {
		t.Errorf("%d clients at %s, want %d", len(got), b.addr, want)
	}
	for _, c := range got {
		if !c.UpToDate() {
			t.Errorf("client %d at %s has answer %d, not %d", c.ID, b.addr, c.Handed, c.Answer)
		}
	}
}
