package main

import (
	"fmt"
	"time"
)

// takeoverLimit is how long it may take until calls go by a new goal, from before the change.
// Most takeovers take milliseconds. The longest is that of a balancer that is back, which is asked
// after up to 0.6 s (see config).
const takeoverLimit = 5 * time.Second

// A tally is the goroutine that checks calls. Its state is in its [judge].
type tally struct {
	goals  chan goal          // play → tally: this goal is about to be set
	done   chan chan<- result // play → tally: the change is made; reply when it is measured
	totals chan totals        // tally → run: when all outcomes are known; capacity 1
}

// A result is that of one phase.
type result struct {
	goal     goal
	counts   map[int]int   // calls counted, by backend number or dropped
	takeover time.Duration // from when the goal was set to the first call that went by it; -1: never
	kept     bool          // the list stays, so nothing takes over
	wrong    bool          // something was not as expected so far
}

// totals are of all calls, also those between phases.
type totals struct {
	calls    int
	dropped  int
	counted  int // of these, in the table
	stranded int // failed in a gap; see goal.gap
	wrong    complaints
}

// startTally starts the goroutine. It ends when outcomes is closed.
func startTally(outcomes <-chan outcome, l load) tally {
	t := tally{
		goals:  make(chan goal),
		done:   make(chan chan<- result),
		totals: make(chan totals, 1),
	}
	go t.run(outcomes, l)
	return t
}

func (t tally) run(outcomes <-chan outcome, l load) {
	j := newJudge(l, time.Now())
	limit := time.NewTimer(takeoverLimit)
	limit.Stop() // until there is a goal
	defer limit.Stop()
	for {
		select {
		case o, more := <-outcomes:
			if !more {
				t.totals <- j.totals
				return
			}
			j.hear(o)
		case g := <-t.goals:
			j.begin(g, time.Now())
			limit.Reset(takeoverLimit)
		case j.reply = <-t.done:
		case <-limit.C:
			j.timeUp()
		}
		j.settle(time.Now())
	}
}

// complaints are things that were not as expected. The first few are kept.
type complaints struct {
	first []string
	count int
}

func (c *complaints) add(format string, args ...any) {
	const enough = 3
	if c.count++; c.count <= enough {
		c.first = append(c.first, fmt.Sprintf(format, args...))
	}
}

// err is nil if there are no complaints.
func (c *complaints) err() error {
	switch {
	case c.count == 0:
		return nil
	case c.count > len(c.first):
		return fmt.Errorf("%d things wrong, the first %d: %q", c.count, len(c.first), c.first)
	default:
		return fmt.Errorf("wrong: %q", c.first)
	}
}
