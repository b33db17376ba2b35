package pending

import (
	"context"
	"math"
	"time"
)

// To be told of the end of each context that waits would take 400 bytes of it,
// and most waits end by a picker. So the loop looks for calls that have given up:
// whenever somebody asks how things stand, and now and then of its own accord, so
// that they are not kept for long.
const (
	// interval is how long a call that has given up may stay unnoticed.
	interval = time.Second

	// glance is how many calls are looked at before one is refused. Whether any of
	// a full queue of more than these has given up, the glances in a row find out;
	// to look at all each time would cost most when there is least to spare.
	glance = 64
)

// A sweeper goes round the calls of a queue.
type sweeper struct {
	next  *entry[context.Context] // to be looked at; nil begins again
	began time.Time               // when all were looked at last, or there were none
}

// sweepAll takes out every call that has given up.
func (l *loop) sweepAll(now time.Time) {
	l.sweeper = sweeper{began: now}
	l.sweep(math.MaxInt)
}

// sweep goes on for at most n calls, and no further than to the last. An entry
// that has left since it was to be the next one has none behind it.
func (l *loop) sweep(n int) {
	e := l.sweeper.next
	if e == nil {
		e = l.calls.first
	}
	for ; e != nil && n > 0; n-- {
		next := e.next
		if e.call.Err() != nil {
			l.calls.cancel(e)
		}
		e = next
	}
	l.sweeper.next = e
}

// due returns when to look at all calls again; zero while there are none.
func (l *loop) due() time.Time {
	if l.calls.first == nil {
		return time.Time{}
	}
	return l.sweeper.began.Add(interval)
}
