package pending

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// A Gate tells the queue of calls that wait. Waiting pickers have it and call it from
// gRPC's goroutines.
type Gate struct {
	calls *actor.Inbox[parked]
	inbox *actor.Inbox[message]
	start time.Time // when the queue was started

	// How many calls may wait; zero: any number. SetLimit writes it, and each call
	// reads it. It is here and not in the loop, so that without a limit no call has to
	// ask the loop.
	limit atomic.Int64
}

// Park tells the queue that a call waits because of the picker with this epoch. ctx is
// the context of the call, the Ctx of gRPC's PickInfo. Its Done channel identifies the
// call: gRPC makes one for each call. Calls without one can't be told apart.
//
// If the result is nil, the call may wait: the picker returns
// balancer.ErrNoSubConnAvailable. The result is also nil, and the count does not change,
// if the call is in the queue already, if a usable picker has replaced this one, or if the
// queue has stopped.
//
// If the call is new and the limit is reached, the result is a gRPC status with code
// RESOURCE_EXHAUSTED: the picker returns it, and the call fails. Its text has the number
// of calls that wait and the limit.
func (g *Gate) Park(ctx context.Context, epoch uint64) error {
	p := parked{epoch: epoch, since: time.Since(g.start)}
	if ctx != nil {
		p.id = ctx.Done()
	}
	limit := int(g.limit.Load())
	if limit == 0 {
		g.calls.Send(p) // dropped if the queue has stopped
		return nil
	}
	if depth := g.ask(p, limit); depth > 0 {
		return status.Errorf(codes.ResourceExhausted,
			"grpclb: %d calls wait for a backend already, maxPendingPicks is %d", depth, limit)
	}
	return nil
}
