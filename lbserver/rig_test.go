package lbserver

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// A rig is a balancer behind a gRPC server, and a way to dial it.
type rig struct {
	*Balancer
	t      *testing.T
	server *grpc.Server
	dial   func(context.Context, string) (net.Conn, error)
	addr   string // of the listener
	dials  atomic.Int32
}

// inMemory is a rig without sockets, for bubbles.
func inMemory(t *testing.T, opts Options, serverOpts ...grpc.ServerOption) *rig {
	l := bufconn.Listen(64 << 10)
	return newRig(t, l, func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }, opts, serverOpts)
}

// onLoopback is a rig with TCP on 127.0.0.1.
func onLoopback(t *testing.T, opts Options, serverOpts ...grpc.ServerOption) *rig {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
	return newRig(t, l, dial, opts, serverOpts)
}

func newRig(t *testing.T, l net.Listener, dial func(context.Context, string) (net.Conn, error), opts Options, serverOpts []grpc.ServerOption) *rig {
	r := &rig{t: t, Balancer: New(opts), server: grpc.NewServer(serverOpts...), dial: dial, addr: l.Addr().String()}
	r.Register(r.server)
	served := make(chan error, 1)
	go func() { served <- r.server.Serve(l) }()
	t.Cleanup(func() {
		r.Close()
		r.server.Stop()
		<-served
	})
	return r
}

// connect returns a channel to the rig.
func (r *rig) connect(t *testing.T, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	opts = append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			r.dials.Add(1)
			return r.dial(ctx, addr)
		}),
	}, opts...)
	cc, err := grpc.NewClient("passthrough:///balancer", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	return cc
}

// A client is one BalanceLoad call, as a test makes it.
type client struct {
	grpc.BidiStreamingClient[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]
	t      *testing.T
	hangUp context.CancelFunc
}

// patience ends a test that is stuck on real sockets. It is not an assertion.
const patience = time.Minute

// open begins a call and says nothing on it.
func open(t *testing.T, cc *grpc.ClientConn, opts ...grpc.CallOption) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return &client{stream, t, cancel}
}

// ask begins a call and names the service.
func ask(t *testing.T, cc *grpc.ClientConn, service string) *client {
	t.Helper()
	c := open(t, cc)
	c.say(initialRequest(service))
	return c
}

// join begins a call on a channel of its own and takes the initial response.
func (r *rig) join(t *testing.T, service string) *client {
	t.Helper()
	c := ask(t, r.connect(t), service)
	c.wantInitial(0)
	return c
}

func (c *client) say(m *lbpb.LoadBalanceRequest) {
	c.t.Helper()
	if err := c.Send(m); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) next() *lbpb.LoadBalanceResponse {
	c.t.Helper()
	m, err := c.Recv()
	if err != nil {
		c.t.Fatalf("the call ended: %v", err)
	}
	return m
}

func (c *client) wantInitial(every time.Duration) {
	c.t.Helper()
	m := c.next().GetInitialResponse()
	if m == nil {
		c.t.Fatal("the first message is not an initial response")
	}
	if got := m.GetClientStatsReportInterval().AsDuration(); got != every {
		c.t.Fatalf("report interval %v, want %v", got, every)
	}
}

// wantList takes the next message, which must list these entries, written as
// in [entries].
func (c *client) wantList(want ...string) {
	c.t.Helper()
	m := c.next()
	if m.GetServerList() == nil {
		c.t.Fatalf("got %v, want a list", m)
	}
	if diff := cmp.Diff(want, entries(m)); diff != "" {
		c.t.Fatalf("list (-want +got):\n%s", diff)
	}
}

func (c *client) wantFallback() {
	c.t.Helper()
	if m := c.next(); m.GetFallbackResponse() == nil {
		c.t.Fatalf("got %v, want fallback", m)
	}
}

// wantEnd takes the end of the call, which must come next, and returns its text.
func (c *client) wantEnd(code codes.Code) string {
	c.t.Helper()
	m, err := c.Recv()
	if err == nil {
		c.t.Fatalf("got %v, want the end", m)
	}
	if status.Code(err) != code {
		c.t.Fatalf("the call ended with %v, want %v", err, code)
	}
	return status.Convert(err).Message()
}
