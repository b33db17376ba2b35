package pending

import "github.com/actorlb/grpclb/actor"

// A Queue knows which calls wait. It is the handle of the queue's goroutine. Any
// goroutine may call its methods. Stats waits for the queue's goroutine, the others
// never wait. After the group has stopped they do nothing.
type Queue struct {
	inbox *actor.Inbox[message]
	gate  *Gate
}

// Start starts a queue in g, without a limit.
//
// gRPC asks a picker once for each call, and the queue relies on that to save work. If
// repeats is true, a picker may be asked more than once for a call, and the call still
// counts once. A policy needs that if it has a parent: the parent puts the same picker of
// its child into each of its own new pickers, and gRPC asks each of those.
func Start(g *actor.Group, repeats bool) *Queue {
	l := newLoop(repeats)
	g.Go(l.run)
	return &Queue{inbox: l.inbox, gate: &Gate{calls: l.calls, inbox: l.inbox, start: l.core.start}}
}

// Gate returns the gate for waiting pickers.
func (q *Queue) Gate() *Gate { return q.gate }

// SetLimit sets how many calls may wait. When that many wait, a new call is refused.
// Calls that wait already may stay, even if they are more than n. If n is zero or
// negative there is no limit.
func (q *Queue) SetLimit(n int) { q.gate.limit.Store(int64(max(n, 0))) }
