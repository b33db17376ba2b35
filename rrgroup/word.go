package rrgroup

import "sync/atomic"

// A word is what a counter holds: the lower 63 bits are the count, the highest
// bit is set once the counter is closed. A billion events a second would take
// 292 years to fill it.
type word uint64

const closed = word(1) << 63

// isClosed reports whether the counter was closed.
func (w word) isClosed() bool { return int64(w) < 0 }

// count returns how many events were counted.
func (w word) count() uint64 { return uint64(w &^ closed) }

// A counter counts events, in one atomic add each, until the group closes it.
//
// Each event is on exactly one side of the close: either the close returns a
// count that has the event in it, or the event is told that the counter was
// closed.
type counter struct{ word atomic.Uint64 }

// add adds one event. If the result is closed, the event came too late and is
// not counted; nothing has to be taken back.
func (c *counter) add() word { return word(c.word.Add(1)) }

// close ends the counting and returns the final count. Only this result is the
// final count: the word goes on to change with events that come too late.
func (c *counter) close() uint64 { return word(c.word.Or(uint64(closed))).count() }

// now returns the count so far. It means nothing once the counter is closed.
func (c *counter) now() uint64 { return word(c.word.Load()).count() }
