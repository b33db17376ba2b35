package pending

import (
	"context"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// A loop is the queue's goroutine. It owns the core.
type loop struct {
	calls *actor.Inbox[parked]  // gates → loop
	inbox *actor.Inbox[message] // gates, publisher → loop
	core  *queue[done]
}

func newLoop(repeats bool) *loop {
	return &loop{
		calls: actor.NewInbox[parked](),
		inbox: actor.NewInbox[message](),
		core:  newQueue(isOver, repeats, time.Now()),
	}
}

func (l *loop) run(ctx context.Context) {
	defer l.close()
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		timer.Set(l.core.due())
		select {
		case <-ctx.Done():
			return
		case now := <-timer.Ready():
			timer.Rang()
			l.takeIn(now)
			l.core.look(now)
		case <-l.news():
			l.takeIn(time.Now())
		case b := <-l.inbox.Ready():
			l.handleAll(l.inbox.Open(b))
		}
	}
}

// news yields when a call is parked and no other waits. Later calls do not wake the
// loop: it takes them in before it handles any message, and at least once a second.
func (l *loop) news() <-chan actor.Batch[parked] {
	ready := l.calls.Ready() // always called: it clears the calls that were taken in before
	if !l.core.due().IsZero() {
		return nil
	}
	return ready
}

// takeIn tells the core of all calls that were parked since the last takeIn.
func (l *loop) takeIn(now time.Time) {
	batch := l.calls.Open(actor.Batch[parked]{})
	l.core.grow(len(batch))
	for _, p := range batch {
		l.core.park(p, 0, now)
	}
}

// isOver reports whether the call with this id has ended.
func isOver(id done) bool {
	select {
	case <-id:
		return true
	default:
		return false
	}
}

// handleAll handles a batch of messages. All have the same time.
func (l *loop) handleAll(batch []message) {
	now := time.Now()
	l.takeIn(now)
	for _, m := range batch {
		l.handle(m, now)
	}
}

func (l *loop) handle(m message, now time.Time) {
	switch m := m.(type) {
	case asked:
		m.reply <- l.core.park(m.call, m.limit, now)
	case released:
		l.core.release(m.epoch, now)
	case statsAsked:
		m.reply <- l.core.stats(now)
	default:
		panic(fmt.Sprintf("BUG: pending got %T", m))
	}
}

// close answers the questions that are left as if the queue had stopped before: a call
// may wait, and the Stats are zero.
func (l *loop) close() {
	l.calls.Close()
	for _, m := range l.inbox.Close() {
		switch m := m.(type) {
		case asked:
			m.reply <- 0
		case statsAsked:
			m.reply <- Stats{}
		}
	}
}
