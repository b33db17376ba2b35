package pending

// parked says that a picker parked a call. It has an inbox of its own, which the loop
// opens before it handles any message: see loop.news.
type parked = call[done]

// A done is the Done channel of a call's context.
type done = <-chan struct{}

// A message is any other message to the queue's loop.
type message interface{ isMessage() }

func (asked) isMessage()      {}
func (released) isMessage()   {}
func (statsAsked) isMessage() {}

// asked says that a picker wants to park a call, and asks whether the call may wait.
type asked struct {
	call  parked
	limit int

	// loop → gate, with room for the answer. Zero: the call may wait. Otherwise it is
	// refused, and this is how many calls wait.
	reply chan int
}

// ask asks the loop whether a call may wait. It returns zero if it may or the queue has
// stopped, and otherwise how many calls wait.
func (g *Gate) ask(p parked, limit int) int {
	reply := make(chan int, 1)
	if !g.inbox.Send(asked{p, limit, reply}) {
		return 0
	}
	return <-reply
}

// released says that a usable picker replaced the waiting picker with this epoch.
type released struct{ epoch uint64 }

// Released says that a usable picker was published in place of the waiting picker with
// this epoch. Calls that this picker or an earlier one parked do not wait any more, also
// those of which the queue hears later. After a Released with a higher epoch it does
// nothing.
func (q *Queue) Released(epoch uint64) { q.inbox.Send(released{epoch}) }

// statsAsked asks for Stats.
type statsAsked struct{ reply chan Stats } // loop → asker, with room for the answer

// Stats returns the counts. Everything that the same goroutine has told the queue before
// is included. If the queue has stopped, all are zero.
func (q *Queue) Stats() Stats {
	reply := make(chan Stats, 1)
	if !q.inbox.Send(statsAsked{reply}) {
		return Stats{}
	}
	return <-reply
}
