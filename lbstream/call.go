package lbstream

import (
	"context"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/tokens"
)

// call is the owner's end of one BalanceLoad call and its two children. The
// channels belong to this call and are dropped with it, so what an abandoned
// child still has to say reaches nobody.
type call struct {
	// Fixed after the start.
	ctx    context.Context // done when the owner gives the call up
	cancel context.CancelFunc

	// Set by the owner, from opened.
	stream balanceLoad

	events   chan callEvent                // reader, sender → owner, unbuffered
	requests chan *lbpb.LoadBalanceRequest // owner → sender, room for one
}

// startCall starts the reader of a call over ch. The call is bound to the
// stream's life only, never to that of an RPC, and carries no metadata. last is
// the list that the calls before it left behind, or nil.
func startCall(ctx context.Context, g *actor.Group, ch *channel, last *tokens.List) *call {
	c := &call{
		events:   make(chan callEvent),
		requests: make(chan *lbpb.LoadBalanceRequest, 1),
	}
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

// startSender starts the sender, whose first message is the initial request.
// There is room for it, so the owner does not wait even if the send does.
func (c *call) startSender(g *actor.Group, name string) {
	c.requests <- &lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
			InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: name},
		},
	}
	g.Go(func(context.Context) { c.send(c.stream) })
}

// report gives the sender a report. The one message before it was sent, so there
// is room.
func (c *call) report(stats *lbpb.ClientStats) {
	c.requests <- &lbpb.LoadBalanceRequest{
		LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: stats},
	}
}

// send is the sender: it only sends, and says when it has. A Send that failed
// ends the call, gRPC sees to that. Why it failed is the reader's to find out.
func (c *call) send(stream balanceLoad) {
	for {
		select {
		case r := <-c.requests:
			if stream.Send(r) != nil || !c.tell(sent{}) {
				return
			}
		case <-c.ctx.Done():
			return
		}
	}
}
