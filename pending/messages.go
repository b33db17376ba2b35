package pending

// parked says that a picker made a call wait. It has an inbox of its own, which the
// loop opens before it handles any message: see loop.news.
type parked = call[done]

// A done is the Done channel of a call's context.
type done = <-chan struct{}

// A message is what a queue's loop can be told besides.
type message interface{ isMessage() }

func (asked) isMessage()      {}
func (released) isMessage()   {}
func (statsAsked) isMessage() {}

// asked says that a picker made a call wait, and asks whether it may.
type asked struct {
	call  parked
	limit int

	// loop → gate, capacity 1. Zero lets the call wait, any other number refuses
	// it and is how many calls wait.
	reply chan int
}

// ask has the loop decide whether a call may wait. Zero means yes, which is
// also the answer of a queue that has stopped; otherwise it is the number of
// calls that wait.
func (g *Gate) ask(p parked, limit int) int {
	reply := make(chan int, 1)
	if !g.inbox.Send(asked{p, limit, reply}) {
		return 0
	}
	return <-reply
}

// released says that calls were given a usable picker.
type released struct{ epoch uint64 }

// Released says that a usable picker was published after the waiting one with
// this epoch: the calls which that one or an earlier one parked wait no more,
// whether the queue has heard of them yet or not. An epoch below that of an
// earlier Released does nothing.
func (q *Queue) Released(epoch uint64) { q.inbox.Send(released{epoch}) }

// statsAsked asks how things stand.
type statsAsked struct{ reply chan Stats } // loop → asker, capacity 1

// Stats returns how things stand: everything is in it that the caller's own
// goroutine told the queue before. It is zero once the queue was stopped.
func (q *Queue) Stats() Stats {
	reply := make(chan Stats, 1)
	if !q.inbox.Send(statsAsked{reply}) {
		return Stats{}
	}
	return <-reply
}
