package pending

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// A Gate is what a call passes on its way into the queue. Waiting pickers
// hold it and use it from gRPC's goroutines.
type Gate struct {
	calls *actor.Inbox[parked]
	inbox *actor.Inbox[message]
	start time.Time // of the queue

	// The most calls that may wait; zero for any number. Written by SetLimit,
	// read by each call: here, so that without a limit no call has to wait for
	// an answer.
	limit atomic.Int64
}

// Park notes that the call with context ctx waits because of the picker with
// the given epoch. The error is nil when it may wait, and then the picker
// answers balancer.ErrNoSubConnAvailable. It is nil as well when nothing was
// noted because the call is in the queue already, because a usable picker has
// replaced this one, or because the queue was stopped.
//
// When the call is new and as many wait as may, the error is a gRPC status of
// code RESOURCE_EXHAUSTED that names both numbers, and the picker answers it.
//
// A call is known by its context's Done channel: gRPC makes one for each call. Calls
// without one can't be told apart.
func (g *Gate) Park(ctx context.Context, epoch uint64) error {
	p := parked{epoch: epoch, since: time.Since(g.start)}
	if ctx != nil {
		p.id = ctx.Done()
	}
	limit := int(g.limit.Load())
	if limit == 0 {
		g.calls.Send(p) // a queue that has stopped need not know
		return nil
	}
	if depth := g.ask(p, limit); depth > 0 {
		return status.Errorf(codes.ResourceExhausted,
			"grpclb: %d calls are pending for want of a backend, maxPendingPicks is %d", depth, limit)
	}
	return nil
}
