package lbstream

import (
	"context"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/tokens"
)

// balanceStream is what the owner has of one BalanceLoad stream. A reader runs in its own
// goroutine and, while something is sent, a sender in another. Each stream has its own
// events channel, so the owner gets no events of a stream that it gave up.
type balanceStream struct {
	// Fixed after the start.
	ctx    context.Context // done when the owner gives the stream up
	cancel context.CancelFunc

	// Set by the owner when the stream is open.
	raw balanceLoad

	events chan streamEvent // reader, sender → owner, unbuffered
}

// startStream starts the reader of a new stream over ch. The stream is not bound to
// any RPC of a user: it has no deadline and no metadata. last is the latest list of
// earlier streams, or nil.
func startStream(ctx context.Context, g *actor.Group, ch *channel, last *tokens.List) *balanceStream {
	s := &balanceStream{events: make(chan streamEvent)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	g.Go(func(context.Context) { s.read(ch, last) })
	return s
}

// read is the reader: it opens the stream, and then receives messages and hands them
// to the owner one at a time. So at most one message is held here, however many the
// balancer sends.
func (s *balanceStream) read(ch *channel, last *tokens.List) {
	bytes := new(length)
	raw, err := ch.open(context.WithValue(s.ctx, lengthKey{}, bytes))
	if err != nil {
		s.tell(ended{err})
		return
	}
	for told := s.tell(opened{raw}); told; {
		response, err := raw.Recv()
		if err != nil {
			s.tell(ended{err})
			return
		}
		r := receivedFrom(response, last)
		r.bytes = int(*bytes)
		if r.list != nil {
			last = r.list
		}
		told = s.tell(r)
	}
}

// tell hands e to the owner. It returns false if the owner has given the stream up.
func (s *balanceStream) tell(e streamEvent) bool {
	select {
	case s.events <- e:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// from returns the address of the balancer that the stream is with. It is "" if there
// is no stream or the stream is not open.
func (s *balanceStream) from() string {
	if s == nil || s.raw == nil {
		return ""
	}
	// Not before the stream is open: asking for the context earlier would keep gRPC
	// from its transparent retry of a stream that no server has seen.
	p, ok := peer.FromContext(s.raw.Context())
	if !ok || p.Addr == nil {
		return ""
	}
	return p.Addr.String()
}

// send starts a sender, which sends one message and tells the owner when gRPC has taken
// it. The core waits for that before it sends again, so there is at most one sender. If
// Send fails, gRPC ends the stream, and the reader gets the reason.
func (s *balanceStream) send(g *actor.Group, r *lbpb.LoadBalanceRequest) {
	raw := s.raw
	g.Go(func(context.Context) {
		if raw.Send(r) == nil {
			s.tell(sent{})
		}
	})
}

// initialRequest makes the first message of a stream.
func initialRequest(name string) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: name},
		},
	}
}

// reportRequest makes a load report.
func reportRequest(stats *lbpb.ClientStats) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: stats},
	}
}
