package pending

import (
	"context"

	"github.com/actorlb/grpclb/actor"
)

// A Queue is the handle of the loop that knows which calls wait. Its methods
// may be called from any goroutine; none of them waits for anything but that
// loop, and none does anything once the loop's group has been stopped.
type Queue struct {
	inbox *actor.Inbox[message]
	gate  *Gate
}

// Start runs a queue, empty and without a limit, in g.
func Start(g *actor.Group) *Queue {
	inbox := actor.NewInbox[message]()
	g.Go(func(ctx context.Context) { newLoop(inbox).run(ctx) })
	return &Queue{inbox: inbox, gate: &Gate{inbox: inbox}}
}

// Gate returns the part of the queue that waiting pickers hold.
func (q *Queue) Gate() *Gate { return q.gate }

// SetLimit makes n the number of calls that may wait. Once as many do, new
// ones are refused; those that wait already are left alone, even if they are
// more. Zero, as well as anything below, means no limit.
func (q *Queue) SetLimit(n int) { q.gate.limit.Store(int64(max(n, 0))) }
