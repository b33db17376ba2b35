package lbserver

import (
	"io"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// A Report is what a client says about the calls it made since its last report
// on the same balancer call.
type Report struct {
	Service string            // as the client asked for it
	Peer    *peer.Peer        // the client: its address, and who it proved to be; never nil
	Stats   *lbpb.ClientStats // as received; the receiver's to keep; never nil
}

// A call is one client's BalanceLoad. Three goroutines share it: gRPC's
// handler, which does nothing but wait for the first word on how it ends, a
// reader, which receives, and a writer, which sends. The handler's return ends
// the stream's context, and with it whatever the other two are waiting for;
// that way a call ends at once though its client takes nothing.
type call struct {
	stream grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]
	peer   *peer.Peer

	answers actor.Cell[*answer] // loop → writer
	over    chan error          // loop, reader, writer → handler: at most one word each
}

// end tells the handler how the call ends. The first word counts. It does not
// wait: there is room for one from everybody who has a say.
func (c *call) end(err error) { c.over <- err }

// BalanceLoad serves one client. It is for the gRPC server to call.
func (b *Balancer) BalanceLoad(stream grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]) error {
	c := &call{stream: stream, answers: actor.NewCell[*answer](), over: make(chan error, 3)}
	var known bool
	if c.peer, known = peer.FromContext(stream.Context()); !known {
		c.peer = &peer.Peer{}
	}
	if !b.inbox.opened(c) {
		return errClosing
	}
	defer b.inbox.left(c)
	select {
	case err := <-c.over:
		return err
	case <-stream.Context().Done():
		// The client is gone and will not see this.
		return status.FromContextError(stream.Context().Err()).Err()
	}
}

// write sends the initial response and then each answer that differs from the
// one before. Only it knows what a slow client was really sent: of answers A,
// B, A the client may have got the first alone, and the last is no news then.
func (b *Balancer) write(c *call) {
	err := c.stream.Send(b.initial)
	for sent := (*answer)(nil); err == nil; {
		select {
		case a := <-c.answers.Ready():
			if !a.equal(sent) {
				err = c.stream.Send(a.message)
				sent = a
			}
		case <-c.stream.Context().Done():
			return
		}
	}
	c.end(err)
}

// read hears what the client wants and then takes its reports.
func (b *Balancer) read(c *call) {
	service, err := first(c)
	if err != nil {
		c.end(err)
		return
	}
	b.inbox.asked(c, service)
	for {
		m, err := c.stream.Recv()
		if err == io.EOF {
			// The client will say no more, but may go on listening.
			return
		}
		if err == nil {
			err = b.hear(c, service, m)
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// first returns the name of the service that the client asks for. It must be
// the first thing a client says.
func first(c *call) (string, error) {
	m, err := c.stream.Recv()
	if err == io.EOF {
		return "", status.Error(codes.InvalidArgument, "the call ended without an initial request")
	}
	if err != nil {
		return "", err
	}
	request := m.GetInitialRequest()
	if request == nil {
		return "", status.Error(codes.InvalidArgument, "the first message is not an initial request")
	}
	if len(request.Name) > maxNameBytes {
		return "", status.Errorf(codes.InvalidArgument, "the service name is %d bytes long, over %d", len(request.Name), maxNameBytes)
	}
	return request.Name, nil
}

// hear takes a message after the first one. Kinds that are not known here are
// ignored: a later version of the protocol may have more to say.
func (b *Balancer) hear(c *call, service string, m *lbpb.LoadBalanceRequest) error {
	if m.GetInitialRequest() != nil {
		return status.Error(codes.InvalidArgument, "a second initial request; another service is another call")
	}
	if stats := m.GetClientStats(); stats != nil && b.onReport != nil {
		b.onReport(Report{Service: service, Peer: c.peer, Stats: stats})
	}
	return nil
}
