package lbstream

import (
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/backoff"
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
// channel or clock: each method takes an event, leaves the commands that follow from
// it in todo, and keeps in status what the policy should know.
type core struct {
	// Fixed after the start.
	counting bool                         // there is a counter, so load reports can be sent
	routeOf  func(resolver.Address) route // the route to a balancer; nil: all are reached directly

	settings Settings
	backoff  backoff.Config // for the retry owner, when it is started
	retrying bool           // the retry owner has been started
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
	past     history
	status   Status
	told     Status    // the status that the policy was told last
	todo     []command // for the owner
}

// do leaves commands for the owner.
func (c *core) do(commands ...command) { c.todo = append(c.todo, commands...) }

// take returns the commands, which are done in order.
func (c *core) take() []command {
	todo := c.todo
	c.todo = nil
	return todo
}

// news returns the status if the policy should be told of it, and nil if not. That is asked after the
// commands are done: a Reset that answers a status then finds the end of the stream
// known to the retry owner.
func (c *core) news() *Status {
	if !c.status.differs(&c.told) {
		return nil
	}
	c.told = c.status
	status := c.status
	return &status
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
func (c *core) serve(now time.Time, t Target) {
	old := c.target
	c.target = t
	renamed, changed := t.Name != old.Name, !sameSet(old.Balancers, t.Balancers)
	if renamed || changed {
		c.tried = nil
	}
	c.moved = c.moved || changed
	if len(t.Balancers) == 0 {
		c.remove(now)
		return
	}
	if c.phase == idle {
		c.dial(now)
		return
	}
	if c.phase == waiting && changed {
		// Close the channel instead of changing its addresses: gRPC would close a
		// connection that is no longer named, and if it is stalled that blocks.
		c.unlink()
		c.tellRetry(standDown{})
		c.dial(now)
		return
	}
	switch fits := c.refresh(); {
	case c.phase == opening && !fits:
		// The stream waits for a connection to balancers that the target no longer has.
		c.do(endStream{})
	case c.phase == open && renamed:
		// This side ends the stream, so it is no lost balancer. The policy sees no
		// change until the new stream sends something.
		c.do(endStream{})
		c.tellRetry(standDown{c.finish(now)})
	case c.phase == waiting && renamed:
		c.tellRetry(standDown{})
	default:
		return
	}
	c.dial(now)
}

// remove ends the stream: there are no balancers any more. The status keeps the
// list, which stays in use if there is nothing to fall back to.
func (c *core) remove(now time.Time) {
	switch c.phase {
	case opening, open:
		c.do(endStream{})
		c.tellRetry(standDown{c.finish(now)})
	case waiting:
		c.tellRetry(standDown{})
	}
	c.phase = idle
	c.status.Contact, c.status.Asked = false, false
	c.unlink()
}

// dialNow opens the next stream: the wait after the last one, or before replacing
// the present one, is over.
func (c *core) dialNow(now time.Time, d dialNow) {
	switch {
	case d.after != c.number:
	case c.phase == waiting:
		c.dial(now)
	case c.phase == open && c.renewed:
		// The policy sees no change until the new stream sends something.
		c.finish(now)
		c.do(endStream{})
		c.dial(now)
	}
}

// askAgain has the present stream replaced, since its list is of no use any more.
// A stream that has brought no list yet stays: it is still asking.
func (c *core) askAgain(now time.Time) {
	if c.phase == open && c.heard.list && !c.renewed {
		c.renewed = true
		c.tellRetry(renewal{c.number, c.sum(now)})
	}
}

// opened sends the first message of the present stream. The stream's life counts
// from now on: how long connecting took says nothing about the balancer.
func (c *core) opened(now time.Time) {
	c.must(opening)
	c.phase, c.started = open, now
	c.past.opens++
	c.reports.send()
	c.do(sendInitial{c.target.Name})
}

// ended is told that the present stream ended, not by this side. usable says whether
// the channel can carry the next stream; from is the address of the balancer that the
// stream was with. A channel that could not connect tries again at times of its own,
// but only the retry owner decides when to connect. So the channel is closed, and the
// next stream gets a new one, which connects at once.
func (c *core) ended(now time.Time, err error, usable bool, from string) {
	c.must(opening, open)
	c.past.countEnd(err)
	if err == io.EOF {
		err = errHungUp
	}
	c.over(now, brief(err), usable, from)
}

// over decides what follows the end of the present stream. If it brought no list,
// the balancers that are left in this round are asked at once. If none is left, or
// if it brought a list, the retry owner says when to open the next stream.
func (c *core) over(now time.Time, err error, usable bool, from string) {
	c.status.Ends++
	c.status.Err = err
	c.past.lastEnd = &End{now, from, err}
	inVain := !c.heard.list
	if inVain {
		c.tried = append(c.tried, c.withoutList(from)...)
	}
	usable = usable && c.phase == open
	sum := c.finish(now)
	if inVain && len(c.untried()) > 0 {
		c.do(moveOn{c.number, from, err})
		c.unlink()
		c.dial(now)
		return
	}
	c.tellRetry(streamEnded{c.number, sum})
	if !usable || inVain && c.partial() {
		c.unlink()
	}
	c.phase, c.tried = waiting, nil
	c.status.Contact = false
	c.status.Rounds++
}

// dial opens the next stream, over the present channel if there is one: a stream over
// an open connection costs the balancer no handshake.
func (c *core) dial(now time.Time) {
	if c.stale {
		c.unlink()
	}
	c.phase, c.started, c.moved = opening, now, false
	c.number++
	if c.given == nil {
		c.given = c.reach()
		c.do(openChannel{c.given, c.settings.Keepalive})
	}
	c.do(openStream{c.number, c.status.List})
}

// refresh updates the channel's addresses, if there is a channel, to the balancers
// that are left in this round and have the channel's route. If none of them has that
// route, fits is false, and the next stream gets a new channel.
func (c *core) refresh() (fits bool) {
	if c.given == nil {
		return true
	}
	left := c.along(c.route(c.given[0]))
	if len(left) == 0 {
		c.stale = true
		return false
	}
	if !sameOrder(c.given, left) {
		c.given = left
		c.do(useAddresses{left})
	}
	return true
}

// unlink closes the channel, if there is one. The caller has ended its stream.
func (c *core) unlink() {
	if c.given != nil {
		c.given, c.stale = nil, false
		c.do(closeChannel{})
	}
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
