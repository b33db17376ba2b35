package lbserver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	_ "github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// open has a balancer serve at addr, until it is told to close.
func open(t *testing.T, n lbtest.Network, addr string) (b *lbserver.Balancer, close func()) {
	t.Helper()
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	b = lbserver.New(lbserver.Options{})
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.Register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return b, func() {
		b.Close()
		s.Stop()
		<-served
	}
}

// call makes a call that waits for so long at most, and wants it to end so.
func call(t *testing.T, ch *lbtest.Channel, patience time.Duration, want codes.Code, opts ...grpc.CallOption) (took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	start := time.Now()
	if _, err := ch.Unary(ctx, opts...); status.Code(err) != want {
		t.Fatalf("the call ended with %v, want %v", err, want)
	}
	return time.Since(start)
}

// What clients with this module's policy make of a balancer that has started anew
// and does not know its backends yet.
func TestServer_UnknownYet_Clients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		backend, spare := lbtest.NewBackend(t, n, 1), lbtest.NewBackend(t, n, 2)
		const addr = "192.0.2.1:9000"
		client := func(fallback ...string) *lbtest.Channel {
			ch := lbtest.NewChannel(t, n, "")
			if err := ch.Resolve([]resolver.Address{{Addr: addr, ServerName: "balancer.test"}}, fallback...); err != nil {
				t.Fatal(err)
			}
			return ch
		}
		list := []lbserver.Server{{Address: backend.Addr()}}
		b, stop := open(t, n, addr)
		if err := b.SetServers(lbtest.Service, list); err != nil {
			t.Fatal(err)
		}
		known := client()
		call(t, known, time.Second, codes.OK)
		time.Sleep(time.Minute)

		stop()
		b, stop = open(t, n, addr)
		defer stop()
		if err := b.Expect(lbtest.Service); err != nil {
			t.Fatal(err)
		}
		fresh, cautious := client(), client(spare.Addr())
		for range 9 {
			call(t, known, time.Second, codes.OK)
			call(t, fresh, time.Second, codes.DeadlineExceeded)
		}
		time.Sleep(time.Minute) // the ten seconds of initialFallbackTimeout are over
		call(t, known, time.Second, codes.OK)
		call(t, fresh, time.Second, codes.Unavailable)
		call(t, cautious, time.Second, codes.OK)
		if spare.Calls() != 1 {
			t.Errorf("%d calls went to the fallback address", spare.Calls())
		}

		if err := b.SetServers(lbtest.Service, list); err != nil {
			t.Fatal(err)
		}
		if took := call(t, fresh, time.Second, codes.OK, grpc.WaitForReady(true)); took != 0 {
			t.Errorf("the client that waited was served after %v", took)
		}
		synctest.Wait() // the list is in use everywhere
		call(t, cautious, time.Second, codes.OK)
		if spare.Calls() != 1 {
			t.Errorf("%d calls went to the fallback address though there is a list", spare.Calls())
		}
		call(t, known, time.Second, codes.OK)
		for _, ch := range []*lbtest.Channel{known, fresh, cautious} {
			ch.Close()
		}
	})
}
