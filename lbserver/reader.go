package lbserver

import (
	"context"
	"io"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// A Report is a client's load report: its RPCs since its last report on the same stream.
type Report struct {
	Service string            // Client.Service
	Peer    *peer.Peer        // Client.Peer
	Client  Client            // who reports
	Stats   *lbpb.ClientStats // as received, tokens without the mark of RestartTokens; yours to keep; never nil
}

// read hears which service the client wants, waits for the first answer and then
// takes the client's reports. While it runs hooks and waits for the answer it does
// not use the stream, so a call can be refused without ending the stream first.
func (b *Balancer) read(c *call, id uint64) {
	defer close(c.done)
	if !b.greet(c, id) {
		return
	}
	// Deferred, since hooks may end the goroutine.
	defer b.finish(c)
	if !b.begin(c) {
		return
	}
	d, ok := b.first(c)
	if !ok {
		return
	}
	c.progress <- served
	client := c.client // the writer owns the call's from here on
	written := make(chan struct{})
	b.group.Go(func(context.Context) {
		defer close(written)
		b.write(c, d)
	})
	defer func() { <-written }()
	b.listen(c, client)
}

// greet takes the client's first message and asks the hooks about the client.
func (b *Balancer) greet(c *call, id uint64) (ok bool) {
	c.guard(func() {
		name, err := nameOf(c)
		if err == nil {
			c.progress <- named
			err = b.admit(c, id, name)
		}
		if err != nil {
			c.refuse(err)
			return
		}
		ok = true
	})
	return ok
}

// nameOf returns the name of the service that the client asks for. It must be
// the first thing a client says.
func nameOf(c *call) (string, error) {
	m, err := c.stream.Recv()
	if err == io.EOF {
		return "", status.Error(codes.InvalidArgument, "the stream ended without an initial request")
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

// first asks for the first answer and waits for it.
func (b *Balancer) first(c *call) (d delivery, ok bool) {
	c.guard(func() {
		b.ask(c, false)
		d, ok = b.next(c)
	})
	return d, ok
}

// listen takes what the client says after its first message, until the call ends.
func (b *Balancer) listen(c *call, client Client) {
	c.guard(func() {
		most := b.opts.messageRate(c.initial.GetInitialResponse().GetClientStatsReportInterval().AsDuration())
		limit := newRate(most, time.Now())
		for !c.stopped() {
			m, err := c.stream.Recv()
			if err == io.EOF {
				// The client will say no more, but may go on listening.
				return
			}
			now := time.Now()
			if err == nil && !limit.take(now) {
				err = status.Errorf(codes.ResourceExhausted, "more than %d messages a second", most)
			}
			if err == nil {
				client = c.latest(client)
				err = b.hear(c, client, m)
			}
			if err != nil {
				c.end(err)
				return
			}
			limit.excuse(time.Since(now))
		}
	})
}

// latest returns the client as the writer has placed it last.
func (c *call) latest(client Client) Client {
	select {
	case client = <-c.moved.Ready():
	default:
	}
	return client
}

// hear takes a message after the first one. Kinds that are not known here are
// ignored: a later version of the protocol may have more to say.
func (b *Balancer) hear(c *call, client Client, m *lbpb.LoadBalanceRequest) error {
	if m.GetInitialRequest() != nil {
		return status.Error(codes.InvalidArgument, "a second initial request; another service needs another stream")
	}
	stats := m.GetClientStats()
	if stats == nil {
		return nil
	}
	b.mark.removeFrom(stats)
	b.inbox.reported(c, newReport(stats, time.Now()))
	if b.opts.OnReport != nil {
		b.opts.OnReport(Report{Service: client.Service, Peer: client.Peer, Client: client, Stats: stats})
	}
	return nil
}
