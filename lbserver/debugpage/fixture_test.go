package debugpage_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/internal/webpage/webtest"
	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/debugpage"
)

// A rig is a balancer in a bubble, which has clients without a network.
type rig struct {
	*lbserver.Balancer
	t testing.TB
}

func inBubble(t *testing.T, test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{lbserver.New(lbserver.Options{Classify: byHeader, Normalize: normalize}), t}
		defer r.Close()
		test(r)
	})
}

func byHeader(c lbserver.Client) string {
	if zone := c.Metadata.Get("zone"); len(zone) > 0 {
		return zone[0]
	}
	return ""
}

// normalize gives "greeter", with capital letters or without, one name.
func normalize(name string) string {
	if name == "Greeter" {
		return "greeter"
	}
	return name
}

func (r *rig) look(query string) webtest.Page {
	r.t.Helper()
	return webtest.Look(r.t, debugpage.Handler(r.Balancer), query)
}

func (r *rig) pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) set(service, class string, servers ...lbserver.Server) {
	r.t.Helper()
	if err := r.SetServersFor(service, class, servers); err != nil {
		r.t.Fatal(err)
	}
}

// A client is a stream without gRPC.
type client struct {
	grpc.ServerStream
	ctx   context.Context
	says  chan *lbpb.LoadBalanceRequest
	reads chan struct{} // closed when it begins to read
}

// join begins a stream that names the service, and reads all answers. Its class is in the
// header zone.
func (r *rig) join(service, zone, addr string) *client {
	c := r.mute(service, zone, addr)
	close(c.reads)
	synctest.Wait()
	return c
}

// mute is join for a client that reads nothing.
func (r *rig) mute(service, zone, addr string) *client {
	ctx := peer.NewContext(r.t.Context(), &peer.Peer{Addr: address(addr)})
	ctx, cancel := context.WithCancel(metadata.NewIncomingContext(ctx, metadata.Pairs("zone", zone)))
	c := &client{ctx: ctx, says: make(chan *lbpb.LoadBalanceRequest, 10), reads: make(chan struct{})}
	go func() {
		defer cancel() // as gRPC does
		_ = r.BalanceLoad(c)
	}()
	c.says <- &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
	}}
	synctest.Wait()
	return c
}

func (c *client) report(stats *lbpb.ClientStats) {
	c.says <- &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: stats}}
	synctest.Wait()
}

func (c *client) Context() context.Context { return c.ctx }

func (c *client) Send(*lbpb.LoadBalanceResponse) error {
	select {
	case <-c.reads:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

func (c *client) Recv() (*lbpb.LoadBalanceRequest, error) {
	select {
	case m := <-c.says:
		return m, nil
	case <-c.ctx.Done():
		return nil, io.EOF
	}
}

// An address is a net.Addr with any text.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

var _ net.Addr = address("")
