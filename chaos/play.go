package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// errBroken is what a run ends with in which a promise was broken. What it was
// has been printed.
var errBroken = errors.New("promises were broken")

// goneWithin is how soon after its end nothing may be left of the channel, and of
// the whole run. It is done at once but for goroutines that have yet to get
// their turn.
const goneWithin = 5 * time.Second

// play plays all phases and prints what came of them. It returns errBroken, or
// why it could not play or not to the end.
func play(w io.Writer, o options) error {
	fmt.Fprintf(w, "chaos: seed %d, %v, at least %d calls in the first phase\n", o.seed, o.length, o.calls)
	census, err := newCensus()
	if err != nil {
		return err
	}
	defer func() { _ = census.close() }() // whose end is of no interest
	// What gRPC and this program make once and keep is there after a rehearsal.
	if err := rehearse(census); err != nil {
		return err
	}
	before, err := measure()
	if err != nil {
		return err
	}
	t, err := perform(w, o, census, phases())
	if err != nil {
		return err
	}
	after, err := settled(before)
	if err != nil {
		return err
	}
	t.left(w, after.over(before))
	if t.broken {
		return errBroken
	}
	fmt.Fprintf(w, "chaos: ok (seed %d, %d calls, %d lists, %d faults; failed in outages: %d, %d of them for want of a turn; back after %v at most; reports of %d of %d attempts; goroutines %d→%d, files %d→%d, heap %d→%d KiB)\n",
		o.seed, t.calls, t.lists, t.faults, t.failed, t.excused, t.slowest.Round(time.Millisecond), t.reported, t.attempts,
		before.goroutines, after.goroutines, before.files, after.files, before.heap>>10, after.heap>>10)
	return nil
}

// rehearse starts everything, has calls made for a moment, and ends it.
func rehearse(c *census) error {
	o := newOptions(1, time.Second)
	_, err := perform(io.Discard, o, c, []phase{{"rehearsal", 12, eager, true, (*player).playRehearsal, (*player).judgeNone}})
	return err
}

func (p *player) playRehearsal(length time.Duration) error {
	if err := p.play(nil, listsEvery, length); err != nil {
		return err
	}
	return p.calm(0)
}

// perform starts everything, plays the phases and ends it all.
func perform(w io.Writer, o options, c *census, phases []phase) (t totals, err error) {
	p, err := newPlayer(o, c)
	defer func() {
		t.left(w, p.leave())
		err = errors.Join(err, p.close())
	}()
	if err != nil {
		return t, err
	}
	for number, ph := range phases {
		r, err := p.run(number, ph)
		if err != nil {
			return t, err
		}
		t.add(w, o.seed, r)
	}
	t.slowest, t.excused = p.slowest, p.excused
	t.reported, t.attempts = p.books.sum().started, p.attempts.count()
	return t, nil
}

// settled measures until nothing is left over, or for long enough.
func settled(before footprint) (after footprint, err error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for end := time.Now().Add(goneWithin); ; {
		<-timer.C
		after, err = measure()
		if err != nil || len(after.over(before)) == 0 || time.Now().After(end) {
			return after, err
		}
		timer.Reset(goneWithin / 50)
	}
}
