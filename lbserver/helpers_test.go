package lbserver

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"testing"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

func initialRequest(service string) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
	}}
}

func report(started int64) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
		ClientStats: &lbpb.ClientStats{NumCallsStarted: started},
	}}
}

// entries writes a list as "ip:port token" or "drop token" an entry.
func entries(m *lbpb.LoadBalanceResponse) []string {
	var all []string
	for _, s := range m.GetServerList().GetServers() {
		name := "drop"
		if !s.Drop {
			ip, _ := netip.AddrFromSlice(s.IpAddress)
			name = netip.AddrPortFrom(ip, uint16(s.Port)).String()
		}
		all = append(all, name+" "+s.LoadBalanceToken)
	}
	return all
}

// set is SetServers with valid servers.
func (r *rig) set(t *testing.T, service string, servers ...Server) {
	t.Helper()
	if err := r.SetServers(service, servers); err != nil {
		t.Fatal(err)
	}
}

// one is a list of one backend, number n.
func one(n int) Server { return Server{Address: fmt.Sprintf("10.0.0.%d:80", n), Token: "t"} }

// entry is how [entries] writes one(n).
func entry(n int) string { return fmt.Sprintf("10.0.0.%d:80 t", n) }

// A wire is a stream without gRPC. Nothing is buffered in it, so a test sees
// exactly which messages are handed over and which are not.
type wire struct {
	grpc.ServerStream
	ctx   context.Context
	sends chan *lbpb.LoadBalanceResponse
	recvs chan *lbpb.LoadBalanceRequest
}

func (w *wire) Context() context.Context { return w.ctx }

func (w *wire) Send(m *lbpb.LoadBalanceResponse) error {
	select {
	case w.sends <- m:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (w *wire) Recv() (*lbpb.LoadBalanceRequest, error) {
	select {
	case m, ok := <-w.recvs:
		if !ok {
			return nil, io.EOF
		}
		return m, nil
	case <-w.ctx.Done():
		return nil, w.ctx.Err()
	}
}

// serve has b serve a new wire, whose context ends when the handler returns, as
// gRPC's does. The handler's result is on the channel.
func serve(b *Balancer) (*wire, context.CancelFunc, <-chan error) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &wire{
		ctx:   ctx,
		sends: make(chan *lbpb.LoadBalanceResponse),
		recvs: make(chan *lbpb.LoadBalanceRequest),
	}
	result := make(chan error, 1)
	go func() {
		err := b.BalanceLoad(w)
		cancel()
		result <- err
	}()
	return w, cancel, result
}

// fallback is SetFallback with a valid name.
func (r *rig) fallback(service string) {
	if err := r.SetFallback(service); err != nil {
		r.t.Fatal(err)
	}
}

// expect is Expect with a valid name.
func (r *rig) expect(service string) {
	if err := r.Expect(service); err != nil {
		r.t.Fatal(err)
	}
}
