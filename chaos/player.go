package main

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A player goes through the phases. What it has, its goroutine alone uses, but for
// books, pulse and census, which are made for it.
type player struct {
	options options
	start   time.Time
	client  *client
	books   *books
	pulse   *pulse
	census  *census
	fleet   *fleet
	timer   *time.Timer
	callers *callers // of the present phase, as are
	source  source
	record  record
	wrong   faulty // promises that were broken

	diary   []*entry       // what has been done to the servers, and when
	active  map[int]*entry // of these, by server, what is not put right
	quiets  []window       // in which servers were there for calls
	ready   time.Time      // since when the last of them lasts; zero: it does not
	slowest time.Duration  // that calls were back after
	excused int            // calls whose deadline passed while the process stood still
}

// newPlayer starts the servers and the channel. The player must be closed, also
// if there is an error.
func newPlayer(o options, c *census) (*player, error) {
	p := &player{
		options: o,
		start:   time.Now(),
		books:   newBooks(),
		pulse:   newPulse(),
		census:  c,
		timer:   time.NewTimer(time.Hour),
		active:  make(map[int]*entry),
	}
	var err error
	if p.fleet, err = startFleet(p.books); err != nil {
		return p, err
	}
	balancers, fallbacks := p.fleet.resolved(0)
	p.client, err = dial(balancers, fallbacks, p.books)
	return p, err
}

// close closes the channel and says what is left of it that should not be. Then it
// ends the servers, and returns when all goroutines have ended.
func (p *player) close() (wrong []string, err error) {
	if p.client != nil {
		err = p.client.conn.Close()
		if got, e := p.counted(headCount{}); got != (headCount{}) || e != nil {
			wrong = append(wrong, fmt.Sprintf("gRPC has %+v of a channel that is closed (%v)", got, e))
		}
		if n := p.connections(); n != 0 {
			wrong = append(wrong, fmt.Sprintf("%d connections to servers are open though the channel is closed", n))
		}
	}
	err = errors.Join(err, p.fleet.close())
	p.pulse.close()
	p.timer.Stop()
	return wrong, err
}

// goneWithin is how soon after its end nothing may be left of the channel, and of
// the whole run. It is done at once but for goroutines that have yet to get
// their turn.
const goneWithin = 5 * time.Second

// connections waits until there are no connections any more, and says how many
// are left.
func (p *player) connections() (open int) {
	for end := time.Now().Add(goneWithin); ; p.wait(goneWithin / 500) {
		open = 0
		for _, s := range p.fleet.servers {
			open += s.proxy.Open()
		}
		if open == 0 || time.Now().After(end) {
			return open
		}
	}
}

// counted waits until gRPC has just so much of the channel, and returns what it
// has.
func (p *player) counted(want headCount) (got headCount, err error) {
	for end := time.Now().Add(goneWithin); ; p.wait(goneWithin / 500) {
		if got, err = p.census.count(); got == want || err != nil || time.Now().After(end) {
			return got, err
		}
	}
}

// at writes a time as seconds since the start.
func (p *player) at(t time.Time) string { return fmt.Sprintf("%.3fs", t.Sub(p.start).Seconds()) }

// say writes a line into the log.
func (p *player) say(format string, args ...any) {
	fmt.Fprintf(p.options.log, "%9s  %s\n", p.at(time.Now()), fmt.Sprintf(format, args...))
}

// play lets the faults happen for the length given, and announces a list of
// some backends at each interval, if it is not zero. At the end all is well.
func (p *player) play(faults []fault, interval, length time.Duration) error {
	began := time.Now()
	end, list := began.Add(length), began
	for now := began; now.Before(end); now = time.Now() {
		err := p.endDue(now)
		for err == nil && len(faults) > 0 && !now.Before(began.Add(faults[0].at)) {
			err = p.begin(faults[0])
			faults = faults[1:]
		}
		if err == nil && interval > 0 && !now.Before(list) {
			_, err = p.fleet.announce(p.source.list(allBackends()))
			list = now.Add(interval)
		}
		if err != nil {
			return err
		}
		next := end
		if interval > 0 {
			next = earlier(next, list)
		}
		if len(faults) > 0 {
			next = earlier(next, began.Add(faults[0].at))
		}
		for _, e := range p.active {
			next = earlier(next, e.until)
		}
		p.wait(time.Until(next))
	}
	return p.endAll()
}

// A record is what was counted in a phase.
type record struct {
	all, streams int                // calls
	codes        map[codes.Code]int // of calls that failed
	failed       []outcome          // of which there may be more than are kept
	lists        map[int]struct{}   // that calls went by
	fallback     int                // calls that were answered without a list
	slowest      time.Duration      // unary call that was answered
}

// maxFailed bounds the failed calls that are kept, which then are too many to
// be right anyway.
const maxFailed = 200_000

func (r *record) count(o outcome) {
	r.all++
	if o.streaming {
		r.streams++
	}
	switch {
	case o.err != nil:
		r.codes[status.Code(o.err)]++
		if len(r.failed) < maxFailed {
			r.failed = append(r.failed, o)
		}
		return
	case o.list == noList:
		r.fallback++
	default:
		r.lists[o.list] = struct{}{}
	}
	if !o.streaming {
		r.slowest = max(r.slowest, o.ended.Sub(o.began))
	}
}

// outcomes returns how calls went that callers have made.
func (p *player) outcomes() <-chan outcome {
	if p.callers == nil {
		return nil
	}
	return p.callers.outcomes
}

// wait lets time pass, in which it counts calls.
func (p *player) wait(d time.Duration) {
	p.timer.Reset(d)
	for {
		select {
		case o := <-p.outcomes():
			p.record.count(o)
		case <-p.timer.C:
			return
		}
	}
}

// await waits for a call that is answered by this list and ended after began, for as
// long after began as is promised, and reports whether it came in time. Time in which
// the process stood still is added. If any list will do, the call must also have begun
// after began: one that a server answered as it was stopped says nothing of what follows.
func (p *player) await(list int, began time.Time, limit time.Duration) (outcome, bool) {
	end := func(now time.Time) time.Time { return began.Add(limit + p.pulse.stalled(began, now)) }
	p.timer.Reset(time.Until(end(time.Now())))
	for {
		select {
		case o := <-p.outcomes():
			p.record.count(o)
			if o.err == nil && o.ended.After(began) && (list == o.list || list == anyList && o.began.After(began)) {
				return o, !o.ended.After(end(o.ended))
			}
		case <-p.timer.C:
			left := time.Until(end(time.Now()))
			if left <= 0 && len(p.outcomes()) == 0 {
				return outcome{}, false
			}
			p.timer.Reset(left)
		}
	}
}

// stopCallers has every caller finish its last call, and reports whether all did
// within limit.
func (p *player) stopCallers(limit time.Duration) bool {
	p.callers.cancel()
	p.timer.Reset(limit)
	for {
		select {
		case o, more := <-p.outcomes():
			if !more {
				p.callers = nil
				return true
			}
			p.record.count(o)
		case <-p.timer.C:
			return false
		}
	}
}
