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
type call struct {
	// Fixed after the start.
	ctx    context.Context // done when the owner gives the call up
	cancel context.CancelFunc

	// Set by the owner, from opened.
	stream balanceLoad

	events chan callEvent // reader, sender → owner, unbuffered
}

// startCall starts the reader of a call over ch. The call is bound to the
// stream's life only, never to that of an RPC, and carries no metadata. last is
// the list that the calls before it left behind, or nil.
func startCall(ctx context.Context, g *actor.Group, ch *channel, last *tokens.List) *call {
	c := &call{events: make(chan callEvent)}
	c.ctx, c.cancel = context.WithCancel(ctx)
	g.Go(func(context.Context) { c.read(ch, last) })
	return c
}

// read is the reader: it opens the call and then only receives and hands over.
// What it has in its hands is all that a flood can pile up here.
func (c *call) read(ch *channel, last *tokens.List) {
	stream, err := ch.open(c.ctx)
	if err != nil {
		c.tell(ended{err})
		return
	}
	for told := c.tell(opened{stream}); told; {
		response, err := stream.Recv()
		if err != nil {
			c.tell(ended{err})
			return
		}
		r := receivedFrom(response, last)
		if r.list != nil {
			last = r.list
		}
		told = c.tell(r)
	}
}

// tell hands e to the owner, or reports false once it does not want to hear.
func (c *call) tell(e callEvent) bool {
	select {
	case c.events <- e:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// from returns the address of the balancer that the call is with; "" if there is
// no call, or it is not open.
func (c *call) from() string {
	if c == nil || c.stream == nil {
		return ""
	}
	// To ask for the context earlier would keep gRPC from repeating a call that
	// the balancer has not seen.
	p, ok := peer.FromContext(c.stream.Context())
	if !ok || p.Addr == nil {
		return ""
	}
	return p.Addr.String()
}

// send starts a sender, which only sends, and says when it has. The core has the
// next message wait for that, so there is one sender at a time, and most of the
// time none. A Send that failed ends the call, gRPC sees to that. Why it failed is
// the reader's to find out.
func (c *call) send(g *actor.Group, r *lbpb.LoadBalanceRequest) {
	stream := c.stream
	g.Go(func(context.Context) {
		if stream.Send(r) == nil {
			c.tell(sent{})
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
