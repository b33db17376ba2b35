package main

import (
	"fmt"
	"io"
	"time"
)

// A player goes through the phases. What it has, its goroutine alone uses; the
// other goroutines are reached by their handles.
type player struct {
	// Fixed after the start.
	options  options
	log      io.Writer // for -v; else io.Discard
	client   *client
	tally    *tally
	books    *books
	attempts *attempts
	pulse    *pulse
	census   *census

	// Owned by the player's goroutine.
	fleet   *fleet
	diary   *diary
	source  source // of the present phase
	active  map[int]*entry
	timer   *time.Timer
	callers *callers
	quiets  []window      // in which servers were there for calls
	ready   time.Time     // since when the last of them lasts; zero: it does not
	slowest time.Duration // that calls were back after
	excused int           // calls whose deadline passed while the process stood still
	wrong   faulty        // promises of the present phase that were broken
}

// say writes a line into the log.
func (p *player) say(format string, args ...any) {
	fmt.Fprintf(p.log, "%9s  %s\n", p.diary.at(time.Now()), fmt.Sprintf(format, args...))
}

// A stage is a stretch of time with its faults, while it is played.
type stage struct {
	began, end time.Time
	faults     []fault       // that have not begun, by when they do
	interval   time.Duration // between lists; zero: none are announced
	list       time.Time     // when the next one is due
}

// play lets the faults happen for the length given, and announces a list of
// some backends at each interval, if it is not zero. At the end all is well.
func (p *player) play(faults []fault, interval, length time.Duration) error {
	now := time.Now()
	s := &stage{began: now, end: now.Add(length), faults: faults, interval: interval, list: now}
	for ; now.Before(s.end); now = time.Now() {
		if err := p.step(s, now); err != nil {
			return err
		}
		p.wait(time.Until(p.next(s)))
	}
	return p.endAll()
}

// step does what is due.
func (p *player) step(s *stage, now time.Time) error {
	err := p.endDue(now)
	for err == nil && len(s.faults) > 0 && !now.Before(s.began.Add(s.faults[0].at)) {
		err = p.begin(s.faults[0])
		s.faults = s.faults[1:]
	}
	if err == nil && s.interval > 0 && !now.Before(s.list) {
		_, err = p.fleet.announce(p.source.list(allBackends()))
		s.list = now.Add(s.interval)
	}
	return err
}

// next returns when the next step is due.
func (p *player) next(s *stage) time.Time {
	next := s.end
	if s.interval > 0 {
		next = earlier(next, s.list)
	}
	if len(s.faults) > 0 {
		next = earlier(next, s.began.Add(s.faults[0].at))
	}
	for _, e := range p.active {
		next = earlier(next, e.until)
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// wait lets time pass.
func (p *player) wait(d time.Duration) {
	p.timer.Reset(d)
	<-p.timer.C
}

// await waits for what a watch yields, for as long after began as is promised,
// and reports whether it came in time. Time in which the process stood still is
// added.
func (p *player) await(shown <-chan outcome, began time.Time, limit time.Duration) (outcome, bool) {
	end := func(now time.Time) time.Time { return began.Add(limit + p.pulse.stalled(began, now)) }
	p.timer.Reset(time.Until(end(time.Now())))
	for {
		select {
		case o := <-shown:
			return o, !o.ended.After(end(o.ended))
		case <-p.timer.C:
			left := time.Until(end(time.Now()))
			if left <= 0 {
				return outcome{}, false
			}
			p.timer.Reset(left)
		}
	}
}
