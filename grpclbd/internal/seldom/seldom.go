// Package seldom logs what others can cause as often as they like.
package seldom

import (
	"context"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/actor"
)

// every is how often a line is logged.
const every = 10 * time.Second

// A Log is the handle of an actor that logs one line in ten seconds: of the last event, with how many
// others there were since the line before.
type Log struct {
	inbox  *actor.Inbox[event]
	actors *actor.Group
}

// An event is what is to be logged.
type event struct{ about []slog.Attr }

// Start starts the actor. The line is the same for all events.
func Start(line string, log *slog.Logger) *Log {
	l := &Log{actor.NewInbox[event](), actor.NewGroup()}
	l.actors.Go(func(ctx context.Context) { l.run(ctx, line, log) })
	return l
}

// Say notes an event. It waits for nobody.
func (l *Log) Say(about ...slog.Attr) { l.inbox.Send(event{about}) }

// Stop logs what was not logged yet, and ends the actor.
func (l *Log) Stop() { l.actors.Stop() }

// run owns the tally.
func (l *Log) run(ctx context.Context, line string, log *slog.Logger) {
	timer := actor.NewTimer()
	defer timer.Stop()
	t := tally{next: time.Now()}
	for {
		timer.Set(t.due())
		select {
		case batch := <-l.inbox.Ready():
			for _, e := range l.inbox.Open(batch) {
				t.hear(e)
			}
		case <-timer.Ready():
			timer.Rang()
			t.write(line, log)
			t = tally{next: time.Now().Add(every)}
		case <-ctx.Done():
			for _, e := range l.inbox.Close() {
				t.hear(e)
			}
			t.write(line, log)
			return
		}
	}
}

// A tally is what is to be logged. It is an ordinary value.
type tally struct {
	last   *event    // nil: there is nothing
	others int       // besides the last one, since the line before
	next   time.Time // not before then
}

func (t *tally) hear(e event) {
	if t.last != nil {
		t.others++
	}
	t.last = &e
}

// write logs what there is.
func (t *tally) write(line string, log *slog.Logger) {
	if t.last != nil {
		log.LogAttrs(context.Background(), slog.LevelWarn, line, append(t.last.about, slog.Int("others", t.others))...)
	}
}

// due returns when there is something to log; zero: never.
func (t *tally) due() time.Time {
	if t.last == nil {
		return time.Time{}
	}
	return t.next
}
