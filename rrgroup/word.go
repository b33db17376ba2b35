package rrgroup

import "sync/atomic"

// A word is the value of a counter. The lower 63 bits are the count. The highest bit is set
// when the counter is closed. At a billion events a second the count lasts for 292 years.
type word uint64

const closed = word(1) << 63

func (w word) isClosed() bool { return int64(w) < 0 }

func (w word) count() uint64 { return uint64(w &^ closed) }

// A counter counts events until the group closes it. Each event is one atomic add.
//
// An event comes either before the close or after it. If before, the count that close
// returns includes it. If after, add returns a closed word.
type counter struct{ word atomic.Uint64 }

// add counts one event. If the result is closed, the event came too late and is not
// counted; the caller need not subtract it.
func (c *counter) add() word { return word(c.word.Add(1)) }

// close closes the counter and returns the final count. The count in the word means nothing
// after that: events that come too late still change it.
func (c *counter) close() uint64 { return word(c.word.Or(uint64(closed))).count() }

// now returns the count so far. It must not be used after close.
func (c *counter) now() uint64 { return word(c.word.Load()).count() }
