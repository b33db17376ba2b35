package lbstream

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// The name a balancer is authenticated by is also the authority of the stream.
func TestSecure_BalancerName(t *testing.T) {
	for name, want := range map[string]string{
		"":              "shop.test", // the parent's
		"lb.shop.test":  "lb.shop.test",
		"lb.shop.test.": "lb.shop.test", // as an SRV record has it
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bench) {
				lb := b.balancer()
				address := lb.Address()
				address.ServerName = name
				b.serve("shop", address)
				if got := lb.Next().MD().Get(":authority"); len(got) != 1 || got[0] != want {
					t.Errorf("authority %q, want %q", got, want)
				}
			})
		})
	}
}

// Without credentials there is no plain-text stream but an error, again and again
// at the pace of the backoff.
func TestSecure_BalancerCreds_None(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := lbtest.NewMemory()
		g := actor.NewGroup()
		defer g.Stop()
		b := &bench{T: t, network: network, group: g, stream: Start(g, Options{
			Authority:   "shop.test",
			Backoff:     steady,
			DialOptions: []grpc.DialOption{grpc.WithContextDialer(network.Dial)},
		})}
		lb := b.balancer()
		start := time.Now()
		b.serve("shop", lb.Address())
		if s := b.now(); s.Ends != 1 || s.Err == nil || !strings.Contains(s.Err.Error(), "transport security") {
			t.Errorf("without credentials: %+v", s)
		}
		b.serve("bank", lb.Address()) // another name and other addresses do
		b.now()
		b.serve("bank", lb.Address(), nobody) // nothing about it
		b.now()
		if s := b.status(); s.Ends != 4 || lb.Conns() != 0 {
			t.Errorf("%d ends, %d connections", s.Ends, lb.Conns())
		}
		b.same("third wait", time.Since(start).Truncate(time.Microsecond), ladder[2])
	})
}

// A server with grpc-go's defaults takes offence at pings, a few times: the channel
// outlives its streams, so that gRPC remembers to send fewer.
func TestStream_Keepalive(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{}))
		b.stream.Configure(Settings{Keepalive: DefaultKeepalive})
		b.connected(lb)
		start := time.Now()
		for stream := 2; time.Since(start) < time.Hour; {
			time.Sleep(time.Second)
			if lb.Calls() == stream {
				if s := b.now(); s.Contact || !strings.Contains(s.Err.Error(), "too_many_pings") {
					t.Errorf("stream %d: %+v", stream, s)
				}
				lb.Next().List()
				b.now()
				stream++
			}
		}
		time.Sleep(24 * time.Hour)
		if lb.Calls() != 5 || lb.Open() != 1 {
			t.Errorf("%d streams, %d connections", lb.Calls(), lb.Open())
		}
		b.quiet()
	})
}

// Without a time there is no keepalive.
func TestStream_Keepalive_Off(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.stream.Configure(Settings{Keepalive: Keepalive{Timeout: time.Second}})
		c := b.connected(lb)
		b.network.Freeze(lb.Addr())
		time.Sleep(time.Hour) // after two, a server looks after its clients
		if over(c) {
			t.Error("the stream ended")
		}
	})
}

// A peer that has gone without a word is found out: a ping after 30 s, 10 s for
// the answer, and gRPC's 5 s for a goodbye that cannot be sent.
func TestSecure_Keepalive_DeadPeer(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.stream.Configure(Settings{Keepalive: DefaultKeepalive})
		b.connected(b.balancer())
		start := time.Now()
		close(b.stall)
		if s := b.status(); s.Ends != 1 || status.Code(s.Err) != codes.Unavailable {
			t.Errorf("after the peer's death: %+v", s)
		}
		if d := time.Since(start); d < 40*time.Second || d > 45*time.Second {
			t.Errorf("found out after %v", d)
		}
	})
}

func TestSecure_Keepalive_Configured(t *testing.T) {
	mine := keepalive.ClientParameters{Time: time.Minute, Timeout: time.Second}
	inBubbleWith(t, steady, func(b *bench) {
		b.connected(b.balancer())
		start := time.Now()
		close(b.stall)
		b.status()
		if d := time.Since(start); d < 61*time.Second || d > 66*time.Second {
			t.Errorf("found out after %v", d)
		}
	}, grpc.WithKeepaliveParams(mine))
}

// What the policy falls back upon: at once when nobody listens, and after
// gRPC's 20 s for a connection attempt when nobody answers. The error has the
// cause in it. Calls that wait for a connection by default do not wait here.
func TestFallback_Unreachable(t *testing.T) {
	inBubbleWith(t, steady, func(b *bench) {
		start := time.Now()
		b.serve("shop", nobody)
		if s := b.now(); s.Ends != 1 || !strings.Contains(s.Err.Error(), "refused") || status.Code(s.Err) != codes.Unavailable {
			t.Errorf("nobody listens: %+v", s)
		}
		b.network.Blackhole("10.127.0.2:1", true)
		dark := nobody
		dark.Addr = "10.127.0.2:1"
		b.serve("shop", dark)
		if s := b.status(); s.Ends != 2 || !strings.Contains(s.Err.Error(), dark.Addr) {
			t.Errorf("nobody answers: %+v", s)
		}
		b.same("time to the second end", time.Since(start), 20*time.Second)
	}, grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
}
