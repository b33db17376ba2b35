package pending

import (
	"context"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// A loop is the state of a queue's goroutine, which made it and alone reaches
// it.
type loop struct {
	inbox   *actor.Inbox[message] // gates, publisher → loop
	calls   *queue[context.Context]
	sweeper sweeper
}

func newLoop(inbox *actor.Inbox[message]) *loop {
	return &loop{inbox: inbox, calls: newQueue[context.Context](time.Now())}
}

// run handles messages until the group stops.
func (l *loop) run(ctx context.Context) {
	defer l.close()
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		timer.Set(l.due())
		select {
		case <-ctx.Done():
			return
		case now := <-timer.Ready():
			timer.Rang()
			l.sweepAll(now)
		case b := <-l.inbox.Ready():
			l.handleAll(l.inbox.Open(b))
		}
	}
}

// handleAll handles a batch as of one time.
func (l *loop) handleAll(batch []message) {
	now := time.Now()
	for _, m := range batch {
		l.handle(m, now)
	}
}

func (l *loop) handle(m message, now time.Time) {
	switch m := m.(type) {
	case parked:
		l.park(m, now)
	case released:
		l.sweepAll(now) // a call that gave up before was not released
		l.calls.release(m.epoch)
	case statsAsked:
		l.sweepAll(now)
		m.reply <- l.calls.stats(now)
	default:
		panic(fmt.Sprintf("BUG: pending got %T", m))
	}
}

// park lets a call in or refuses it, and answers if the gate waits.
func (l *loop) park(m parked, now time.Time) {
	if l.calls.first == nil {
		l.sweeper.began = now
	}
	if m.limit > 0 && l.calls.full(m.limit) {
		l.sweep(glance)
	}
	_, refused := l.calls.park(identify(m.ctx), m.epoch, m.limit, now)
	switch {
	case m.reply == nil:
	case refused:
		m.reply <- l.calls.stats(now).Depth
	default:
		m.reply <- 0
	}
}

// close answers those who still wait for an answer as if they had come too
// late.
func (l *loop) close() {
	for _, m := range l.inbox.Close() {
		switch m := m.(type) {
		case parked:
			if m.reply != nil {
				m.reply <- 0
			}
		case statsAsked:
			m.reply <- Stats{}
		}
	}
}
