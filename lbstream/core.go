package lbstream

import (
	"errors"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc/resolver"
)

// phase says what the owner is doing. For each phase, the events that have no
// effect are listed. An event of a stream that is not open or being opened panics:
// the owner listens to the present stream only.
type phase int

const (
	// idle: there are no balancers, no channel, no stream. A dialNow is ignored.
	idle phase = iota
	// opening: the reader is opening a stream, which waits until the channel has
	// connected. A dialNow is ignored. A new service name changes nothing: the name
	// is sent when the stream is open.
	opening
	// open: the stream is open. A dialNow is ignored, unless the stream is to be
	// replaced.
	open
	// waiting: the last stream ended and no balancer is left to ask in this round.
	// The next stream is opened when the retry owner says so (dialNow), or at once
	// if the name or the balancers change. A dialNow for an earlier stream is ignored.
	// A new order of the same balancers is passed to the channel and starts nothing.
	waiting
)

// core decides about the stream to the balancer. It is a value without goroutine,
// channel or clock: each method takes an event, returns the commands that follow
// from it, and keeps in status what the policy should know.
type core struct {
	// Fixed after the start.
	counting bool                         // there is a counter, so load reports can be sent
	routeOf  func(resolver.Address) route // the route to a balancer; nil: all are reached directly

	settings Settings
	phase    phase
	target   Target
	given    []resolver.Address // the balancers that the channel has; nil: there is no channel
	tried    []resolver.Address // the balancers that brought no list in this round; see round.go
	stale    bool               // the next stream needs a new channel
	moved    bool               // the balancers changed after the present stream was begun
	number   uint64             // of the latest stream
	renewed  bool               // phase open: the retry owner was asked when to replace the stream
	started  time.Time          // phase opening: when that began; phase open: when the stream was open
	heard    heard
	reports  reports // of the present stream
	status   Status
}

var errHungUp = errors.New("the balancer ended the stream")

// configure takes new settings. A keepalive can't be changed on a channel that
// exists, so the next stream gets a new channel.
func (c *core) configure(s Settings) {
	c.stale = c.stale || c.given != nil && s.Keepalive != c.settings.Keepalive
	c.settings = s
}

// serve takes a new target. The channel gets its new addresses before a stream is
// opened over it, so that the stream goes to one of them.
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
		// Close the channel instead of changing its addresses: gRPC would close a
		// connection that is no longer named, and if it is stalled that blocks.
		return slices.Concat(c.unlink(), []command{tellRetry{standDown{}}}, c.dial(now))
	}
	do, fits := c.refresh()
	if !fits && c.phase == opening {
		// The stream waits for a connection to balancers that the target no longer has.
		return slices.Concat([]command{endStream{}}, c.dial(now))
	}
	switch {
	case c.phase == open && renamed:
		// This side ends the stream, so it is no lost balancer. The policy sees no
		// change until the new stream sends something.
		do = append(do, endStream{}, tellRetry{standDown{c.finish(now)}})
	case c.phase == waiting && renamed:
		do = append(do, tellRetry{standDown{}})
	default:
		return do
	}
	return append(do, c.dial(now)...)
}

// remove ends the stream: there are no balancers any more. The status keeps the
// list, which stays in use if there is nothing to fall back to.
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

// dialNow opens the next stream: the wait after the last one, or before replacing
// the present one, is over.
func (c *core) dialNow(now time.Time, d dialNow) []command {
	switch {
	case d.after != c.number:
		return nil
	case c.phase == waiting:
		return c.dial(now)
	case c.phase == open && c.renewed:
		// The policy sees no change until the new stream sends something.
		c.finish(now)
		return slices.Concat([]command{endStream{}}, c.dial(now))
	}
	return nil
}

// askAgain has the present stream replaced, since its list is of no use any more.
// A stream that has brought no list yet stays: it is still asking.
func (c *core) askAgain(now time.Time) []command {
	if c.phase != open || !c.heard.list || c.renewed {
		return nil
	}
	c.renewed = true
	return []command{tellRetry{renewal{c.number, c.sum(now)}}}
}

// opened sends the first message of the present stream. The stream's life counts
// from now on: how long connecting took says nothing about the balancer.
func (c *core) opened(now time.Time) []command {
	c.must(opening)
	c.phase, c.started = open, now
	c.reports.send()
	return []command{sendInitial{c.target.Name}}
}

// ended is told that the present stream ended, not by this side. usable says whether
// the channel can carry the next stream; from is the address of the balancer that the
// stream was with. A channel that could not connect tries again at times of its own,
// but only the retry owner decides when to connect. So the channel is closed, and the
// next stream gets a new one, which connects at once.
func (c *core) ended(now time.Time, err error, usable bool, from string) []command {
	c.must(opening, open)
	if err == io.EOF {
		err = errHungUp
	}
	return c.over(now, brief(err), usable, from)
}

// over decides what follows the end of the present stream. If it brought no list,
// the balancers that are left in this round are asked at once. If none is left, or
// if it brought a list, the retry owner says when to open the next stream.
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

// dial opens the next stream, over the present channel if there is one: a stream over
// an open connection costs the balancer no handshake.
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

// refresh updates the channel's addresses, if there is a channel, to the balancers
// that are left in this round and have the channel's route. If none of them has that
// route, fits is false, and the next stream gets a new channel.
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

// unlink closes the channel, if there is one. The caller has ended its stream.
func (c *core) unlink() []command {
	if c.given == nil {
		return nil
	}
	c.given, c.stale = nil, false
	return []command{closeChannel{}}
}

// finish returns the record of the present stream for the retry owner, and forgets
// all that belongs to that stream.
func (c *core) finish(now time.Time) record {
	sum := c.sum(now)
	c.heard, c.reports, c.renewed = heard{}, reports{}, false
	return sum
}

// sum returns the record of the present stream up to now.
func (c *core) sum(now time.Time) record {
	if c.phase != open {
		return record{}
	}
	return record{lived: now.Sub(c.started), delivered: c.heard.list}
}

// must panics unless the core is in one of these phases. A balancer can't cause
// that, only an owner that listens to the wrong stream.
func (c *core) must(phases ...phase) {
	for _, p := range phases {
		if c.phase == p {
			return
		}
	}
	panic("BUG: an event of a stream that is not there")
}
