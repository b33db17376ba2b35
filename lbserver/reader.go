package lbserver

import (
	"context"
	"io"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// A Report is what a client says about the calls it made since its last report
// on the same balancer call.
type Report struct {
	Service string            // as the client asked for it
	Peer    *peer.Peer        // the client: its address, and who it proved to be; never nil
	Stats   *lbpb.ClientStats // as received; the receiver's to keep; never nil
}

// read hears which service the client wants, waits for the first answer and then
// takes the client's reports. While it waits for the answer it is not in the
// stream: a call that is refused needs nobody to get it out of there.
func (b *Balancer) read(c *call) {
	defer close(c.done)
	service, ok := b.greet(c)
	if !ok {
		return
	}
	select {
	case d := <-c.answers.Ready():
		written := make(chan struct{})
		b.group.Go(func(context.Context) {
			defer close(written)
			b.write(c, d)
		})
		// Deferred, since OnReport may end the goroutine.
		defer func() { <-written }()
		b.listen(c, service)
	case <-c.stop:
	}
}

// greet takes the client's first message and tells the loop what it asks for.
func (b *Balancer) greet(c *call) (service string, ok bool) {
	c.guard(func() {
		var err error
		if service, err = first(c); err != nil {
			c.refuse(err)
			return
		}
		b.inbox.asked(c, service)
		ok = true
	})
	return service, ok
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

// listen takes what the client says after its first message, until the call ends.
func (b *Balancer) listen(c *call, service string) {
	c.guard(func() {
		for !c.stopped() {
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
	})
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
