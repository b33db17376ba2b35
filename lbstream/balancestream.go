package lbstream

import (
	"context"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/peer"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/tokens"
)

// call is the owner's end of one BalanceLoad call and its children: the reader,
// and while something is sent a sender. The channel belongs to this call and is
// dropped with it, so what an abandoned child still has to say reaches nobody.
type balanceStream struct {
	// Fixed after the start.
	ctx    context.Context // done when the owner gives the call up
	cancel context.CancelFunc

	// Set by the owner, from opened.
	raw balanceLoad

	events chan streamEvent // reader, sender → owner, unbuffered
}

// startStream starts the reader of a call over ch. The call is bound to the
// stream's life only, never to that of an RPC, and carries no metadata. last is
// the list that the calls before it left behind, or nil.
func startStream(ctx context.Context, g *actor.Group, ch *channel, last *tokens.List) *balanceStream {
	s := &balanceStream{events: make(chan streamEvent)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	g.Go(func(context.Context) { s.read(ch, last) })
	return s
}

// read is the reader: it opens the call and then only receives and hands over.
// What it has in its hands is all that a flood can pile up here.
func (s *balanceStream) read(ch *channel, last *tokens.List) {
	raw, err := ch.open(s.ctx)
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
		if r.list != nil {
			last = r.list
		}
		told = s.tell(r)
	}
}

// tell hands e to the owner, or reports false once it does not want to hear.
func (s *balanceStream) tell(e streamEvent) bool {
	select {
	case s.events <- e:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// from returns the address of the balancer that the call is with; "" if there is
// no call, or it is not open.
func (s *balanceStream) from() string {
	if s == nil || s.raw == nil {
		return ""
	}
	// To ask for the context earlier would keep gRPC from repeating a call that
	// the balancer has not seen.
	p, ok := peer.FromContext(s.raw.Context())
	if !ok || p.Addr == nil {
		return ""
	}
	return p.Addr.String()
}

// send starts a sender, which only sends, and says when it has. The core has the
// next message wait for that, so there is one sender at a time, and most of the
// time none. A Send that failed ends the call, gRPC sees to that. Why it failed is
// the reader's to find out.
func (s *balanceStream) send(g *actor.Group, r *lbpb.LoadBalanceRequest) {
	raw := s.raw
	g.Go(func(context.Context) {
		if raw.Send(r) == nil {
			s.tell(sent{})
		}
	})
}

// initialRequest is the first message of a call.
func initialRequest(name string) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: name},
		},
	}
}

// reportRequest is a load report.
func reportRequest(stats *lbpb.ClientStats) *lbpb.LoadBalanceRequest {
	return &lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: stats},
	}
}
