package lbserver

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// A Client is one stream: a call of a client to the balancer. A client channel has one
// stream, and opens a new one, which has another ID, after the last has ended.
type Client struct {
	ID       uint64      `json:"id"`      // counts the streams of a Balancer, from 1; never used again
	Asked    string      `json:"asked"`   // the service's name as the client wrote it
	Service  string      `json:"service"` // the same after [Options].Normalize
	Class    string      `json:"class"`   // what [Options].Classify returned; "" before that and without it
	Peer     *peer.Peer  `json:"-"`       // its address, and its certificate if it showed one; never nil
	Metadata metadata.MD `json:"-"`       // the headers of its stream, which may be secret; not to be changed
	Opened   time.Time   `json:"opened"`  // when its stream began
}

// admit asks the hooks about a client that has named a service. Hooks may block or panic, so
// only the reader calls it, in a guard.
func (b *Balancer) admit(c *call, id uint64, name string) (err error) {
	headers, _ := metadata.FromIncomingContext(c.stream.Context())
	client := Client{ID: id, Asked: name, Peer: c.peer, Metadata: headers, Opened: c.opened}
	if c.client, err = b.place(c.stream.Context(), client); err != nil {
		return err
	}
	if b.opts.ReportIntervalFor != nil {
		c.initial = initialResponse(b.opts.ReportIntervalFor(c.client))
	}
	return nil
}

// place asks the hooks which service and class a client is of, and whether it may have the
// service. The error is how its call ends if not.
func (b *Balancer) place(ctx context.Context, client Client) (Client, error) {
	client.Service, client.Class = b.opts.normalized(client.Asked), ""
	if err := b.authorize(ctx, client); err != nil {
		return client, err
	}
	if b.opts.Classify != nil {
		client.Class = b.opts.Classify(client)
	}
	if err := checkClass(client.Class); err != nil {
		logger.Infof("lbserver: %v was refused service %q: %v", client.Peer.Addr, client.Asked, err)
		return client, status.Errorf(codes.InvalidArgument, "the balancer can't tell what this client gets: %v", err)
	}
	return client, nil
}

// authorize returns how the call of a client ends that may not have the service.
func (b *Balancer) authorize(ctx context.Context, client Client) error {
	if b.opts.Authorize == nil {
		return nil
	}
	err := b.opts.Authorize(ctx, client)
	if err == nil {
		return nil
	}
	logger.Infof("lbserver: %v was refused service %q: %v", client.Peer.Addr, client.Asked, err)
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	return status.Errorf(codes.PermissionDenied, "the balancer does not serve %q to this client", client.Asked)
}

// begin tells the user of a client, and reports whether the call goes on.
func (b *Balancer) begin(c *call) bool {
	return b.opts.OnBegin == nil || c.guard(func() { b.opts.OnBegin(c.client) })
}

// finish waits until the call is over and tells the user. The writer has ended.
func (b *Balancer) finish(c *call) {
	err := <-c.ended
	if b.opts.OnEnd != nil {
		c.shield(func() { b.opts.OnEnd(c.client, err) })
	}
}
