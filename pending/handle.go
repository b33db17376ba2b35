package pending

import "github.com/actorlb/grpclb/actor"

// A Queue is the handle of the loop that knows which calls wait. Its methods
// may be called from any goroutine; none of them waits for anything but that
// loop, and none does anything once the loop's group has been stopped.
type Queue struct {
	inbox *actor.Inbox[message]
	gate  *Gate
}

// Start runs a queue, empty and without a limit, in g.
//
// gRPC asks a picker once for each call, and so the queue remembers less. If
// repeats is true a picker may be asked again for a call that waits, and the call
// still counts once: a parent policy puts the picker of its child into each new
// picker of its own, and gRPC asks each of those.
func Start(g *actor.Group, repeats bool) *Queue {
	l := newLoop(repeats)
	g.Go(l.run)
	return &Queue{inbox: l.inbox, gate: &Gate{calls: l.calls, inbox: l.inbox, start: l.core.start}}
}

// Gate returns the part of the queue that waiting pickers hold.
func (q *Queue) Gate() *Gate { return q.gate }

// SetLimit makes n the number of calls that may wait. Once as many do, new
// ones are refused; those that wait already are left alone, even if they are
// more. Zero, as well as anything below, means no limit.
func (q *Queue) SetLimit(n int) { q.gate.limit.Store(int64(max(n, 0))) }
