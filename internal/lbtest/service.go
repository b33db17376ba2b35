package lbtest

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// balancerService is the side of a [Balancer] that gRPC sees.
type balancerService struct {
	lbpb.UnimplementedLoadBalancerServer
	balancer *Balancer
}

// BalanceLoad runs one stream: it hands it to the test, and then sends what the test wants.
func (s *balancerService) BalanceLoad(stream balanceLoad) error {
	c, err := newCall(s.balancer.server.t, stream)
	if err != nil {
		return err
	}
	gone := make(chan error, 1)
	s.balancer.server.children.Go(func() { gone <- endOf(c.read(stream)) })
	s.balancer.calls.Add(1)
	select {
	case s.balancer.queue <- c:
	default:
		s.balancer.server.t.Errorf("more than %d calls that nobody has asked for", maxCalls)
	}
	return c.serve(stream, gone)
}

// balanceLoad is the server's side of a stream.
type balanceLoad = grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]

// newCall waits for the initial request and returns the Call for the test.
func newCall(t testing.TB, stream balanceLoad) (*Call, error) {
	first, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	initial := first.GetInitialRequest()
	if initial == nil {
		t.Errorf("the first message of a BalanceLoad call is %v, want an initial request", first)
		return nil, status.Error(codes.InvalidArgument, "want an initial request")
	}
	c := &Call{
		t:       t,
		name:    initial.GetName(),
		opened:  time.Now(),
		say:     make(chan *lbpb.LoadBalanceResponse),
		hangUp:  make(chan error),
		reports: make(chan *lbpb.ClientStats, maxReports),
		ended:   make(chan struct{}),
	}
	c.md, _ = metadata.FromIncomingContext(stream.Context())
	if p, ok := peer.FromContext(stream.Context()); ok {
		c.peer = p.Addr
	}
	return c, nil
}

// serve sends what the test wants, until either side ends the stream.
func (c *Call) serve(stream balanceLoad, gone <-chan error) error {
	defer close(c.ended)
	for {
		select {
		case m := <-c.say:
			if err := stream.Send(m); err != nil {
				return err
			}
		case err := <-c.hangUp:
			return err
		case err := <-gone:
			return err
		}
	}
}

// read forwards the client's reports until the client is gone.
func (c *Call) read(stream balanceLoad) error {
	for {
		m, err := stream.Recv()
		if err != nil {
			return err
		}
		stats := m.GetClientStats()
		if stats == nil {
			c.t.Errorf("a later message of a BalanceLoad call is %v, want a load report", m)
			continue
		}
		if !c.deliver(stream.Context(), stats) {
			return stream.Context().Err()
		}
	}
}

func (c *Call) deliver(ctx context.Context, stats *lbpb.ClientStats) bool {
	select {
	case c.reports <- stats:
		return true
	case <-ctx.Done():
		return false
	}
}

// endOf turns the error of the reader into the end of the stream: a client that has closed its
// side gets OK, as from any server.
func endOf(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
