package lbstream

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/tokens"
)

func TestStream_NoCallWithoutBalancers(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop")
		b.stream.Reset()
		time.Sleep(time.Hour)
		b.quiet()
	})
}

func TestStream_FirstMessage(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		start := time.Now()
		b.serve("shop", lb.Address())
		c := lb.Next()
		if c.Name() != "shop" {
			t.Errorf("the initial request names %q", c.Name())
		}
		b.same("time to the stream", c.Opened().Sub(start), 0)
		time.Sleep(time.Hour)
		if lb.Calls() != 1 || len(c.Reports()) != 0 {
			t.Errorf("%d streams, %d reports", lb.Calls(), len(c.Reports()))
		}
		b.quiet() // an open stream is no news before it delivers
	})
}

// One channel over all addresses, the first that answers: the second balancer
// hears nothing while the first is there.
func TestStream_Channel(t *testing.T) {
	inBubble(t, func(b *bench) {
		first, second := b.balancer(), b.balancer()
		b.serve("shop", nobody, first.Address(), second.Address())
		c := first.Next()
		if len(b.network.Dials(nobody.Addr)) != 1 || first.Conns() != 1 || second.Conns() != 0 {
			t.Errorf("connections: %d, %d", first.Conns(), second.Conns())
		}
		first.Stop()
		if !over(c) {
			t.Error("the stream outlived its balancer")
		}
		second.Next()
	})
}

func TestStream_Independent(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.connected(lb)
		var keys []string
		for k := range c.MD() {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		want := []string{":authority", "content-type", "user-agent"} // gRPC's own
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("metadata of the stream (-want +got):\n%s", diff)
		}
		time.Sleep(24 * time.Hour)
		if over(c) {
			t.Error("the stream has a deadline")
		}
	})
}

func TestStream_EarlyList(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		c := lb.Next()
		server := lbtest.Server("10.0.0.1:80", "token")
		c.List(server)
		list := tokens.Parse(&lbpb.ServerList{Servers: []*lbpb.Server{server}}, nil)
		got, want := b.now(), Status{Stream: 1, List: list, Lists: 1, Contact: true, FullStream: 1, Full: list, Fulls: 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		c.Initial(0)
		b.quiet()
	})
}

func TestStream_SecondInitial(t *testing.T) { ignored(t, response("initial")) }

func TestStream_Unknown(t *testing.T) {
	// A field number this client has never heard of, as a later protocol's
	// balancer would send it: field 15, a string of one byte.
	later := new(lbpb.LoadBalanceResponse)
	later.ProtoReflect().SetUnknown([]byte{15<<3 | 2, 1, 'x'})
	ignored(t, later)
	ignored(t, response("unknown"))
}

// ignored shows that a message out of place does nothing to a stream.
func ignored(t *testing.T, m *lbpb.LoadBalanceResponse) {
	inBubble(t, func(b *bench) {
		c := b.connected(b.balancer())
		for range 100 {
			c.Send(m)
		}
		b.quiet()
		c.List()
		if s := b.now(); s.Lists != 2 || !s.Contact || s.Ends != 0 {
			t.Errorf("after a message out of place: %+v", s)
		}
	})
}

// Balancer after balancer goes to the channel of a live stream, which stays.
func TestStream_AddressChange(t *testing.T) {
	inBubble(t, func(b *bench) {
		before, after := b.balancer(), b.balancer()
		c := b.connected(before)
		b.serve("shop", after.Address(), before.Address())
		b.serve("shop", after.Address())
		time.Sleep(time.Hour)
		c.List()
		if s := b.now(); s.Lists != 2 || s.Stream != 1 || s.Ends != 0 {
			t.Errorf("the live stream is gone: %+v", s)
		}
		c.HangUp(nil)
		if after.Next(); after.Calls() != 1 || before.Calls() != 1 || before.Conns() != 1 {
			t.Errorf("streams: %d at the old balancer, %d at the new", before.Calls(), after.Calls())
		}
	})
}

// A stream that hangs in connecting to an address is not stuck with it.
func TestStream_AddressChange_WhileConnecting(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.network.Blackhole(nobody.Addr, true)
		b.serve("shop", nobody)
		time.Sleep(5 * time.Second)
		start := time.Now()
		b.serve("shop", lb.Address())
		b.same("time to the stream", lb.Next().Opened().Sub(start), 0)
		b.quiet()
	})
}

func TestStream_ServiceChange(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.connected(lb)
		time.Sleep(10 * time.Millisecond) // far from healthy
		start := time.Now()
		b.serve("bank", lb.Address())
		next := lb.Next()
		if next.Name() != "bank" || !over(c) {
			t.Errorf("a stream for %q; the old one over: %t", next.Name(), over(c))
		}
		b.same("time to the new stream", next.Opened().Sub(start), 0)
		if lb.Conns() != 1 {
			t.Errorf("%d connections", lb.Conns())
		}
		b.quiet() // the old list, contact and all, still holds
		next.List()
		if s := b.now(); s.Stream != 2 || s.Lists != 2 || !s.Contact || s.Ends != 0 || s.Err != nil {
			t.Errorf("after the new stream's list: %+v", s)
		}
	})
}

// Contact that a replaced stream left behind ends with the stream that replaced it.
func TestStream_ServiceChange_NewCallFails(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.connected(lb)
		b.serve("bank", lb.Address())
		lb.Next().HangUp(nil)
		if s := b.now(); s.Contact || s.Ends != 1 || s.Stream != 1 || s.List == nil {
			t.Errorf("after the new stream's end: %+v", s)
		}
	})
}

func TestStream_ServiceChange_DuringBackoff(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		lb.Next().HangUp(nil)
		start := time.Now()
		b.serve("bank", lb.Address())
		b.same("time to the new stream", lb.Next().Opened().Sub(start), 0)
	})
}

func TestStream_Removed(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		c := b.connected(lb)
		c.Fallback()
		if s := b.now(); !s.Asked || !s.Contact {
			t.Errorf("asked for fallback: %+v", s)
		}
		b.serve("shop")
		if s := b.now(); s.List == nil || s.Contact || s.Asked || s.Ends != 0 || s.Err != nil {
			t.Errorf("without balancers: %+v", s)
		}
		if !over(c) || lb.Open() != 0 {
			t.Errorf("stream over: %t; %d connections", over(c), lb.Open())
		}
		time.Sleep(time.Hour)
		if lb.Conns() != 1 {
			t.Errorf("%d connections in the end", lb.Conns())
		}
	})
}

func TestStream_Removed_DuringBackoff(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.serve("shop", nobody)
		b.status()
		b.serve("shop")
		b.quiet()
		time.Sleep(time.Hour)
		b.stream.Reset()
		time.Sleep(time.Hour)
		if n := len(b.network.Dials(nobody.Addr)); n != 1 {
			t.Errorf("dialled %d times", n)
		}
	})
}

func TestStream_Readded(t *testing.T) {
	inBubble(t, func(b *bench) {
		before, after := b.balancer(), b.balancer()
		b.connected(before)
		b.serve("shop")
		time.Sleep(time.Minute)
		b.serve("shop", after.Address())
		after.Next().List()
		time.Sleep(time.Hour)
		if before.Conns() != 1 || after.Conns() != 1 {
			t.Errorf("%d connections to the old balancer, %d to the new", before.Conns(), after.Conns())
		}
		for range 2 { // the removal, then the new list
			if s := b.status(); s.Contact {
				if s.Stream != 2 || s.Ends != 0 {
					t.Errorf("back again: %+v", s)
				}
				return
			}
		}
		t.Error("no contact")
	})
}

// The caller may do as it likes with its slice after Serve.
func TestStream_ServeCopies(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		addresses := []resolver.Address{lb.Address()}
		b.stream.Serve(Target{Name: "shop", Balancers: addresses})
		addresses[0] = nobody
		lb.Next()
		synctest.Wait()
		if n := len(b.network.Dials(nobody.Addr)); n != 0 {
			t.Errorf("dialled %d times what came later", n)
		}
	})
}

func TestStream_Cut(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.connected(lb)
		start := time.Now()
		b.network.Cut(lb.Addr())
		s := b.now()
		if s.Ends != 1 || s.Contact || s.List == nil || s.Err == nil || strings.Contains(s.Err.Error(), errHungUp.Error()) {
			t.Errorf("after the cut: %+v", s)
		}
		b.same("time to the next stream", lb.Next().Opened().Sub(start), time.Second)
	})
}
