package actor

import "sync/atomic"

// keptCapacity is how many messages' room an inbox keeps between batches. A
// burst may need far more; that memory is given back.
const keptCapacity = 1024

// An Inbox is an unbounded queue with many senders and one receiver, the
// actor that owns it. It holds no lock: a sender links its message before the
// newest one in one atomic step, and repeats the step if another sender came
// first. Nobody waits for a sender that stops halfway, nor for the receiver.
//
// The receiver waits on Ready, in a select beside whatever else it hears, and
// hands what it got to Open.
type Inbox[M any] struct {
	newest atomic.Pointer[link[M]] // senders → receiver: the backlog; &end once closed
	wake   chan Batch[M]           // senders → receiver: the backlog is no longer empty
	end    link[M]

	// Owned by the receiver.
	opened []M // the messages handed out last, whose memory comes next
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

// Send queues m and reports whether it will be seen: false means that the
// inbox is closed and m was dropped. It may be called from any goroutine and
// never waits.
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

// wakeUp wakes the receiver. Whoever sent the first message of a backlog does.
func (in *Inbox[M]) wakeUp() {
	select {
	case in.wake <- Batch[M]{}:
	default:
	}
}

// Ready yields a batch as soon as there is a backlog; rarely one that is empty,
// because its messages came with the batch before. The receiver has to pass it to
// Open. The messages opened before are handled by now, and forgotten.
func (in *Inbox[M]) Ready() <-chan Batch[M] {
	clear(in.opened)
	in.opened = in.opened[:0]
	return in.wake
}

// Open takes the whole backlog and returns its messages, oldest first. The slice
// is valid until the next call of Ready or Open. A receiver need not wait for Ready:
// it may open Batch{} at any time.
func (in *Inbox[M]) Open(Batch[M]) []M {
	clear(in.opened)
	messages := read(in.take(nil), in.opened[:0])
	in.opened = messages
	if cap(messages) > keptCapacity {
		// Forgotten now and not at the next Open, which may be hours away.
		in.opened = nil
	}
	return messages
}

// take takes the backlog, and leaves what the senders find instead of it.
func (in *Inbox[M]) take(instead *link[M]) *link[M] {
	if in.newest.Load() == &in.end {
		return nil // only the receiver closes, so this stays so
	}
	return in.newest.Swap(instead)
}

// read moves the messages of a backlog to a slice, that of the oldest link first.
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

// Close makes every later Send return false and returns what was queued but
// never received. Only the receiver may call it; a second call returns nil.
func (in *Inbox[M]) Close() []M {
	rest := read(in.take(&in.end), nil)
	in.opened = nil
	select {
	case <-in.wake:
	default:
	}
	return rest
}
