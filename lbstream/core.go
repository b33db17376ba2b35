package lbstream

import (
	"errors"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc/resolver"
)

// phase is where the stream stands. What is not listed as doing nothing in a
// phase, and has no effect there, cannot come and panics: the reader of a call
// is only listened to while that call is the present one.
type phase int

const (
	// idle: no balancers, no channel, no call. A dialNow is out of date.
	idle phase = iota
	// opening: the reader is opening the call, which waits for the channel to
	// connect. A dialNow is out of date. A new name does nothing: the name is
	// looked at when the call is open.
	opening
	// open: the balancer is spoken with. A dialNow is out of date, unless the call is
	// to be replaced.
	open
	// waiting: the last call ended, and in this round nobody is left to ask; the
	// retry owner will say when the next one is due, unless a new name or other balancers come first. Only the dialNow
	// that answers the last end counts. Reordered balancers are only passed on.
	waiting
)

// core decides what to do about the one call to the balancer. It is a value
// without goroutine, channel or clock: each method takes an event and returns
// what to do about it, and leaves in status what the policy should know.
type core struct {
	// Fixed after the start.
	counting bool                         // there is a counter to ask
	routeOf  func(resolver.Address) route // how a balancer is reached; nil: all directly

	settings Settings
	phase    phase
	target   Target
	given    []resolver.Address // what the channel has of the target; nil: there is no channel
	tried    []resolver.Address // asked in this round, in vain; see round.go
	stale    bool               // the channel was made by other settings, and is not for the next call
	moved    bool               // the balancers have changed since the present call was begun
	number   uint64             // of the latest call
	renewed  bool               // the retry owner is to say when the call in phase open is replaced
	started  time.Time          // when the call in phase opening was begun, or that in phase open opened
	heard    heard
	reports  reports // of the call in phase open
	status   Status
}

var errHungUp = errors.New("the balancer ended the stream")

// configure takes new settings. A keepalive is a channel's, for as long as that is
// there.
func (c *core) configure(s Settings) {
	c.stale = c.stale || c.given != nil && s.Keepalive != c.settings.Keepalive
	c.settings = s
}

// serve takes a new target. The channel hears of other addresses before a call
// is opened over it, so that the call goes to one of them.
func (c *core) serve(now time.Time, t Target) []command {
	old := c.target
	c.target = t
	renamed, changed := t.Name != old.Name, !sameSet(old.Balancers, t.Balancers)
	if renamed || changed {
		c.tried = nil
	}
	c.moved = c.moved || changed
	if len(t.Balancers) == 0 {
		return c.remove(now)
	}
	if c.phase == idle {
		return c.dial(now)
	}
	if c.phase == waiting && changed {
		// To take a connection out of a channel that carries no call may last, if the
		// connection is stalled; to close the channel does not.
		return slices.Concat(c.unlink(), []command{tellRetry{standDown{}}}, c.dial(now))
	}
	do, fits := c.refresh()
	if !fits && c.phase == opening {
		// The call waits for a connection to somebody who is not meant any more.
		return slices.Concat([]command{endStream{}}, c.dial(now))
	}
	switch {
	case c.phase == open && renamed:
		// Not an end: the policy is to notice nothing until the new call speaks.
		do = append(do, endStream{}, tellRetry{standDown{c.finish(now)}})
	case c.phase == waiting && renamed:
		do = append(do, tellRetry{standDown{}})
	default:
		return do
	}
	return append(do, c.dial(now)...)
}

// remove: there are no balancers any more. The list stays in the status: with
// nothing to fall back to, it stays in use.
func (c *core) remove(now time.Time) []command {
	var do []command
	switch c.phase {
	case opening, open:
		do = append(do, endStream{}, tellRetry{standDown{c.finish(now)}})
	case waiting:
		do = append(do, tellRetry{standDown{}})
	}
	c.phase = idle
	c.status.Contact, c.status.Asked = false, false
	return append(do, c.unlink()...)
}

// dialNow: the wait after a call is over, or the one before it is replaced.
func (c *core) dialNow(now time.Time, d dialNow) []command {
	switch {
	case d.after != c.number:
		return nil
	case c.phase == waiting:
		return c.dial(now)
	case c.phase == open && c.renewed:
		// As with a new name, the policy is to notice nothing yet.
		c.finish(now)
		return slices.Concat([]command{endStream{}}, c.dial(now))
	}
	return nil
}

// askAgain: what the present call has delivered is of no use. One that has delivered
// nothing is itself asking.
func (c *core) askAgain(now time.Time) []command {
	if c.phase != open || !c.heard.list || c.renewed {
		return nil
	}
	c.renewed = true
	return []command{tellRetry{renewal{c.number, c.sum(now)}}}
}

// opened: the present call is open and wants its first message. How long it
// lives counts from here, because connecting says nothing about the balancer.
func (c *core) opened(now time.Time) []command {
	c.must(opening)
	c.phase, c.started = open, now
	c.reports.send()
	return []command{sendInitial{c.target.Name}}
}

// ended: the present call is over. usable says whether its channel is fit to
// carry the next one, and from where the balancer is that the call was with. A
// channel that could not connect would go on trying by a schedule of its own, and
// the retry owner's is the only one; so it is closed, and the next call gets a new
// one that tries at once.
func (c *core) ended(now time.Time, err error, usable bool, from string) []command {
	c.must(opening, open)
	if err == io.EOF {
		err = errHungUp
	}
	return c.over(now, brief(err), usable, from)
}

// over: there is no call any more. If it has brought no list, the balancers that
// are left in this round are asked at once; else, or if none is left, the retry
// owner says when the next call is due.
func (c *core) over(now time.Time, err error, usable bool, from string) []command {
	c.status.Ends++
	c.status.Err = err
	inVain := !c.heard.list
	if inVain {
		c.tried = append(c.tried, c.culprits(from)...)
	}
	usable = usable && c.phase == open
	sum := c.finish(now)
	if inVain && len(c.untried()) > 0 {
		do := append([]command{moveOn{c.number, from, err}}, c.unlink()...)
		return append(do, c.dial(now)...)
	}
	do := []command{tellRetry{streamEnded{c.number, sum}}}
	if !usable || inVain && c.partial() {
		do = append(do, c.unlink()...)
	}
	c.phase, c.tried = waiting, nil
	c.status.Contact = false
	c.status.Rounds++
	return do
}

// dial opens the next call, over the channel if there is one. A call over a
// connection that is there costs the balancer no handshake.
func (c *core) dial(now time.Time) []command {
	var do []command
	if c.stale {
		do = c.unlink()
	}
	c.phase, c.started, c.moved = opening, now, false
	c.number++
	if c.given == nil {
		c.given = c.reach()
		do = append(do, openChannel{c.given})
	}
	return append(do, openStream{c.number})
}

// refresh gives the channel, if there is one, what it can have of the balancers that
// are left. If none of them fits its route, it is not for the next call.
func (c *core) refresh() (do []command, fits bool) {
	if c.given == nil {
		return nil, true
	}
	left := c.along(c.route(c.given[0]))
	if len(left) == 0 {
		c.stale = true
		return nil, false
	}
	if !sameOrder(c.given, left) {
		c.given = left
		do = append(do, useAddresses{left})
	}
	return do, true
}

// unlink closes the channel, if there is one. No call is left on it.
func (c *core) unlink() []command {
	if c.given == nil {
		return nil
	}
	c.given, c.stale = nil, false
	return []command{closeChannel{}}
}

// finish sums up the present call for the retry owner and forgets what belongs
// to it: neither the words of one call nor its counts mean anything in the next.
func (c *core) finish(now time.Time) record {
	sum := c.sum(now)
	c.heard, c.reports, c.renewed = heard{}, reports{}, false
	return sum
}

// sum is what the present call has come to so far.
func (c *core) sum(now time.Time) record {
	if c.phase != open {
		return record{}
	}
	return record{lived: now.Sub(c.started), delivered: c.heard.list}
}

// must panics unless the core is in one of these phases. Nothing a balancer
// sends can bring that about, only an owner that listens to the wrong reader.
func (c *core) must(phases ...phase) {
	for _, p := range phases {
		if c.phase == p {
			return
		}
	}
	panic("BUG: an event of a stream that is not there")
}
