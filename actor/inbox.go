package actor

import "sync/atomic"

// keptCapacity is for how many messages an inbox keeps memory between batches.
// The memory of a larger batch is freed.
const keptCapacity = 1024

// An Inbox is a queue without a limit. It has many senders and one receiver, the
// actor that owns it. There is no lock: a sender links its message to the newest
// one in one atomic step, and repeats the step if another sender came first. So a
// sender waits neither for another sender nor for the receiver.
//
// The receiver receives from Ready, usually in a select, and passes the batch to
// Open.
type Inbox[M any] struct {
	newest atomic.Pointer[link[M]] // senders → receiver: the backlog; &end when closed
	wake   chan Batch[M]           // senders → receiver: the backlog is no longer empty
	end    link[M]

	// Owned by the receiver.
	opened []M // what Open returned last; the next Open uses its memory again
}

// A link holds one message of a backlog.
type link[M any] struct {
	message M
	older   *link[M]
}

// A Batch stands for the backlog of an inbox. Open yields its messages.
type Batch[M any] struct{}

// NewInbox returns an inbox that holds nothing.
func NewInbox[M any]() *Inbox[M] { return &Inbox[M]{wake: make(chan Batch[M], 1)} }

// Send queues m. It returns false if the inbox is closed; then m was dropped. It
// never waits. Any goroutine may call it.
func (in *Inbox[M]) Send(m M) bool {
	l := &link[M]{message: m}
	for {
		older := in.newest.Load()
		if older == &in.end {
			return false
		}
		l.older = older
		if in.newest.CompareAndSwap(older, l) { // from here on l is the receiver's
			if older == nil {
				in.wakeUp()
			}
			return true
		}
	}
}

// wakeUp wakes the receiver. The sender of the first message of a backlog calls it.
func (in *Inbox[M]) wakeUp() {
	select {
	case in.wake <- Batch[M]{}:
	default:
	}
}

// Ready yields a batch as soon as there is a backlog. The receiver has to pass the
// batch to Open. Now and then the batch turns out to be empty, because the Open
// before has taken its messages already. A call of Ready clears the slice that Open
// returned before.
func (in *Inbox[M]) Ready() <-chan Batch[M] {
	clear(in.opened)
	in.opened = in.opened[:0]
	return in.wake
}

// Open takes the whole backlog and returns its messages, oldest first. The slice
// is valid until the next call of Ready or Open. The receiver may also call
// Open(Batch{}) at any time, without Ready.
func (in *Inbox[M]) Open(Batch[M]) []M {
	clear(in.opened)
	messages := read(in.take(nil), in.opened[:0])
	in.opened = messages
	if cap(messages) > keptCapacity {
		// Not at the next Open, which may be hours later.
		in.opened = nil
	}
	return messages
}

// Empty reports whether there is no backlog. Anybody may ask.
func (in *Inbox[M]) Empty() bool {
	newest := in.newest.Load()
	return newest == nil || newest == &in.end
}

// take takes the backlog and puts instead in its place.
func (in *Inbox[M]) take(instead *link[M]) *link[M] {
	if in.newest.Load() == &in.end {
		return nil // closed, and a closed inbox stays closed
	}
	return in.newest.Swap(instead)
}

// read returns the messages of a backlog, oldest first, in the memory of to if that
// is large enough.
func read[M any](newest *link[M], to []M) []M {
	n := 0
	for l := newest; l != nil; l = l.older {
		n++
	}
	if cap(to) < n {
		to = make([]M, n)
	}
	to = to[:n]
	for l := newest; l != nil; l = l.older {
		n--
		to[n] = l.message
	}
	return to
}

// Close makes every later Send return false. It returns the messages that were
// queued and not received. Only the receiver may call it; a second call returns none.
func (in *Inbox[M]) Close() []M {
	rest := read(in.take(&in.end), nil)
	in.opened = nil
	select {
	case <-in.wake:
	default:
	}
	return rest
}
