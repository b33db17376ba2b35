package lbtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// A client is a plain client of a balancer, without a policy around it.
type client struct {
	t      *testing.T
	stream lbpb.LoadBalancer_BalanceLoadClient
	leave  context.CancelFunc
}

// dialPlain returns a channel to addr with no policy but pick_first.
func dialPlain(t *testing.T, network Network, addr string) *grpc.ClientConn {
	t.Helper()
	cc, err := grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(network.Dial))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	return cc
}

// call opens a call to b and sends first, unless that is nil.
func call(t *testing.T, network Network, b *Balancer, first *lbpb.LoadBalanceRequest) *client {
	t.Helper()
	ctx, leave := context.WithCancel(metadata.AppendToOutgoingContext(short(t), "who", "client"))
	t.Cleanup(leave)
	cc := dialPlain(t, network, b.Addr())
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t, stream, leave}
	if first != nil {
		c.send(first)
	}
	return c
}

func (c *client) send(m *lbpb.LoadBalanceRequest) {
	c.t.Helper()
	if err := c.stream.Send(m); err != nil {
		c.t.Fatal(err)
	}
}

// expect receives a message and compares it.
func (c *client) expect(want *lbpb.LoadBalanceResponse) {
	c.t.Helper()
	got, err := c.stream.Recv()
	if err != nil {
		c.t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		c.t.Errorf("received %v, want %v", got, want)
	}
}

func initialRequest(name string) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: name},
	}}
}

func report(started int64) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
		ClientStats: &lbpb.ClientStats{NumCallsStarted: started},
	}}
}

func TestBalancer_NextTellsWhoCalls(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		begin := time.Now()
		call(t, network, b, initialRequest("fruit"))
		c := b.Next()
		if c.Name() != "fruit" {
			t.Errorf("name %q, want fruit", c.Name())
		}
		if got := c.MD().Get("who"); len(got) != 1 || got[0] != "client" {
			t.Errorf("metadata %v, want who: client", c.MD())
		}
		if got := c.MD().Get(":authority"); len(got) != 1 || got[0] != b.Addr() {
			t.Errorf("authority %v, want %v", got, b.Addr())
		}
		if c.Peer() == nil || c.Peer().String() == b.Addr() {
			t.Errorf("peer %v, want the client's address", c.Peer())
		}
		if c.Opened().Before(begin) || inMemory(network) && !c.Opened().Equal(begin) {
			t.Errorf("opened %v after the test began", c.Opened().Sub(begin))
		}
		if b.Calls() != 1 || b.Conns() != 1 || b.Open() != 1 {
			t.Errorf("%d calls, %d connections, %d open; want one of each", b.Calls(), b.Conns(), b.Open())
		}
	})
}

func TestBalancer_NextKeepsTheOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		for _, name := range []string{"a", "b", "c"} {
			call(t, network, b, initialRequest(name))
			synctest.Wait()
		}
		for _, want := range []string{"a", "b", "c"} {
			if got := b.Next().Name(); got != want {
				t.Errorf("next call is %q, want %q", got, want)
			}
		}
	})
}

func TestBalancer_NextFailsAfterTenSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		b := NewBalancer(j, network)
		// A call without its initial request is none yet.
		call(t, network, b, nil)
		begin := time.Now()
		wrong := j.verdict(func() { b.Next() })
		if len(wrong) != 1 || !strings.Contains(wrong[0], "waited 10s for a call") {
			t.Errorf("said %q, want that it waited for a call", wrong)
		}
		if waited := time.Since(begin); waited != 10*time.Second {
			t.Errorf("waited %v, want 10s", waited)
		}
		if b.Calls() != 0 {
			t.Errorf("%d calls, want none", b.Calls())
		}
	})
}

func TestBalancer_WantsAnInitialRequestFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		b := NewBalancer(j, network)
		c := call(t, network, b, report(1))
		if _, err := c.stream.Recv(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("the call ended with %v, want INVALID_ARGUMENT", err)
		}
		if wrong := j.verdict(func() {}); len(wrong) != 1 {
			t.Errorf("said %q, want that a report came first", wrong)
		}
	})
}

func TestBalancer_StopEndsCallsAndRestartTakesNewOnes(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		addr := b.Addr()
		c := call(t, network, b, initialRequest("fruit"))
		first := b.Next()
		b.Stop()
		<-first.Ended()
		if _, err := c.stream.Recv(); status.Code(err) != codes.Unavailable {
			t.Errorf("the call ended with %v, want UNAVAILABLE", err)
		}
		if _, err := network.Dial(short(t), addr); err == nil {
			t.Error("a stopped balancer can be dialled")
		}
		if b.Open() != 0 {
			t.Errorf("%d connections open after Stop", b.Open())
		}

		b.Stop() // does nothing
		b.Restart()
		if b.Addr() != addr || b.Address().Addr != addr {
			t.Errorf("restarted at %s, want %s", b.Addr(), addr)
		}
		call(t, network, b, initialRequest("fruit"))
		b.Next()
		b.Restart() // Stop included
		call(t, network, b, initialRequest("fruit"))
		b.Next()
		if b.Calls() != 3 {
			t.Errorf("%d calls, want 3", b.Calls())
		}
	})
}

// A connection that never says anything would hold up gRPC's own Stop until
// its handshake times out.
func TestBalancer_StopDoesNotWaitForHandshakes(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network)
		conn, err := network.Dial(t.Context(), b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begin := time.Now()
		b.Stop()
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("Stop took %v", waited)
		}
	})
}

func TestBalancer_TakesServerOptions(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBalancer(t, network, grpc.StreamInterceptor(
			func(any, grpc.ServerStream, *grpc.StreamServerInfo, grpc.StreamHandler) error {
				return status.Error(codes.PermissionDenied, "no")
			}))
		c := call(t, network, b, nil)
		if _, err := c.stream.Recv(); status.Code(err) != codes.PermissionDenied {
			t.Errorf("the call ended with %v, want PERMISSION_DENIED", err)
		}
	})
}

func TestServer_NamesABackend(t *testing.T) {
	for _, test := range []struct {
		addr string
		want *lbpb.Server
	}{
		{"10.1.2.3:80", &lbpb.Server{IpAddress: []byte{10, 1, 2, 3}, Port: 80, LoadBalanceToken: "t"}},
		{"[::1]:443", &lbpb.Server{IpAddress: append(make([]byte, 15), 1), Port: 443, LoadBalanceToken: "t"}},
	} {
		if got := Server(test.addr, "t"); !proto.Equal(got, test.want) {
			t.Errorf("Server(%q) is %v, want %v", test.addr, got, test.want)
		}
	}
	if got, want := Drop("d"), (&lbpb.Server{Drop: true, LoadBalanceToken: "d"}); !proto.Equal(got, want) {
		t.Errorf("Drop is %v, want %v", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("Server took what is no address")
		}
	}()
	Server("localhost:80", "")
}

// isEOF is the end of a call with an OK, as its client sees it.
func isEOF(err error) bool { return errors.Is(err, io.EOF) }
