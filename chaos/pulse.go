package main

import (
	"context"
	"time"

	"github.com/actorlb/grpclb/actor"
)

const (
	// beat is how often the pulse is felt.
	beat = 5 * time.Millisecond

	// missed is how late it must be to be kept: less is how timers are.
	missed = beat

	// keptStalls bounds what is kept. A machine that does worse is of no use.
	keptStalls = 100_000
)

// pulse measures when this process did not get to run: when a goroutine with a
// timer had to wait for its turn. What is promised within a time is promised of
// a process that runs. So time in which it stood still does not count, and the
// result of each phase says how much that was at worst.
type pulse struct {
	group *actor.Group
	asks  chan stalledFor // player → pulse
}

// stalledFor: how long, within a window, the process stood still. From the
// player, who waits; the reply has room for the answer.
type stalledFor struct {
	window window
	reply  chan<- time.Duration
}

func newPulse() *pulse {
	p := &pulse{group: actor.NewGroup(), asks: make(chan stalledFor)}
	p.group.Go(p.run)
	return p
}

// stalled returns how long the process stood still from one time to the other.
func (p *pulse) stalled(from, to time.Time) time.Duration {
	reply := make(chan time.Duration, 1)
	p.asks <- stalledFor{window{from, to}, reply}
	return <-reply
}

func (p *pulse) run(ctx context.Context) {
	timer := time.NewTimer(beat)
	defer timer.Stop()
	var stalls []window // oldest first
	due := time.Now().Add(beat)
	for {
		var ask stalledFor
		select {
		case <-timer.C:
		case ask = <-p.asks:
		case <-ctx.Done():
			return
		}
		// Whatever woke this goroutine, if it is past its time, it was late.
		if now := time.Now(); !now.Before(due) {
			if now.Sub(due) >= missed && len(stalls) < keptStalls {
				stalls = append(stalls, window{due, now})
			}
			timer.Reset(beat)
			due = now.Add(beat)
		}
		if ask.reply != nil {
			ask.reply <- ask.window.shared(stalls)
		}
	}
}

// shared returns how much of w is in one of others, which do not overlap.
func (w window) shared(others []window) (sum time.Duration) {
	for _, o := range others {
		from, to := later(w.from, o.from), earlier(w.to, o.to)
		if from.Before(to) {
			sum += to.Sub(from)
		}
	}
	return sum
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (p *pulse) close() { p.group.Stop() }
