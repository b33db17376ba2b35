package lbstream

import (
	"errors"
	"io"
	"time"
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
	// open: the balancer is spoken with. A dialNow is out of date.
	open
	// waiting: the last call ended; the retry owner will say when the next one
	// is due, unless a new name or other balancers come first. Only the dialNow
	// that answers the last end counts. Reordered balancers are only passed on.
	waiting
)

// core decides what to do about the one call to the balancer. It is a value
// without goroutine, channel or clock: each method takes an event and returns
// what to do about it, and leaves in status what the policy should know.
type core struct {
	counting bool // there is a counter to ask; fixed after the start

	phase   phase
	target  Target
	linked  bool      // there is a channel
	number  uint64    // of the latest call
	started time.Time // when the call in phase open was opened
	heard   heard
	reports reports // of the call in phase open
	status  Status
}

var errHungUp = errors.New("the balancer ended the call")

// serve takes a new target. The channel hears of other addresses before a call
// is opened over it, so that the call goes to one of them.
func (c *core) serve(now time.Time, t Target) []command {
	old := c.target
	c.target = t
	if len(t.Balancers) == 0 {
		return c.remove(now)
	}
	if c.phase == idle {
		return c.dial()
	}
	var do []command
	if c.linked && !sameOrder(old.Balancers, t.Balancers) {
		do = append(do, useAddresses{t.Balancers})
	}
	renamed := t.Name != old.Name
	switch {
	case c.phase == open && renamed:
		// Not an end: the policy is to notice nothing until the new call speaks.
		do = append(do, endCall{}, tellRetry{standDown{c.finish(now)}})
	case c.phase == waiting && (renamed || !sameSet(old.Balancers, t.Balancers)):
		do = append(do, tellRetry{standDown{}})
	default:
		return do
	}
	return append(do, c.dial()...)
}

// remove: there are no balancers any more. The list stays in the status: with
// nothing to fall back to, it stays in use.
func (c *core) remove(now time.Time) []command {
	var do []command
	switch c.phase {
	case opening, open:
		do = append(do, endCall{}, tellRetry{standDown{c.finish(now)}})
	case waiting:
		do = append(do, tellRetry{standDown{}})
	}
	c.phase = idle
	c.status.Contact, c.status.Asked = false, false
	return append(do, c.unlink()...)
}

// dialNow: the wait after a call is over.
func (c *core) dialNow(d dialNow) []command {
	if c.phase != waiting || d.after != c.number {
		return nil
	}
	return c.dial()
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
// carry the next one. A channel that could not connect would go on trying by
// a schedule of its own, and the retry owner's is the only one; so it is
// closed, and the next call gets a new one that tries at once.
func (c *core) ended(now time.Time, err error, usable bool) []command {
	c.must(opening, open)
	if err == io.EOF {
		err = errHungUp
	}
	c.status.Ends++
	c.status.Contact, c.status.Err = false, brief(err)
	do := []command{tellRetry{callEnded{c.number, c.finish(now)}}}
	if c.phase == opening || !usable {
		do = append(do, c.unlink()...)
	}
	c.phase = waiting
	return do
}

// dial opens the next call, over the channel if there is one. A call over a
// connection that is there costs the balancer no handshake.
func (c *core) dial() []command {
	c.phase = opening
	c.number++
	if c.linked {
		return []command{openCall{c.number}}
	}
	c.linked = true
	return []command{openChannel{c.target.Balancers}, openCall{c.number}}
}

// unlink closes the channel, if there is one. No call is left on it.
func (c *core) unlink() []command {
	if !c.linked {
		return nil
	}
	c.linked = false
	return []command{closeChannel{}}
}

// finish sums up the present call for the retry owner and forgets what belongs
// to it: neither the words of one call nor its counts mean anything in the next.
func (c *core) finish(now time.Time) record {
	var sum record
	if c.phase == open {
		sum = record{lived: now.Sub(c.started), delivered: c.heard.list}
	}
	c.heard, c.reports = heard{}, reports{}
	return sum
}

// must panics unless the core is in one of these phases. Nothing a balancer
// sends can bring that about, only an owner that listens to the wrong reader.
func (c *core) must(phases ...phase) {
	for _, p := range phases {
		if c.phase == p {
			return
		}
	}
	panic("BUG: a call that is not there was heard of")
}
