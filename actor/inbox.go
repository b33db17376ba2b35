package actor

// keptCapacity is how many messages' room an inbox keeps between batches. A
// burst may need far more; that memory is given back.
const keptCapacity = 1024

// An Inbox is an unbounded queue with many senders and one receiver, the
// actor that owns it. It holds no lock: the queue is a slice that lies in one
// of two channels of capacity one, and whoever takes it out has it alone.
//
// The receiver waits on Ready, in a select beside whatever else it hears, and
// hands what it got to Open.
type Inbox[M any] struct {
	// The queue, in exactly one of the two unless somebody is at work on it.
	full  chan Batch[M] // senders → receiver: holds messages
	empty chan Batch[M] // receiver → senders: holds none, or is closed

	// Owned by the receiver.
	opened []M // the messages handed out last, whose memory comes next
}

// A Batch is the backlog of an inbox, still sealed. Open yields its messages.
type Batch[M any] struct {
	messages []M
	closed   bool // there will be no more: it stays where it is, without messages
}

// NewInbox returns an inbox that holds nothing.
func NewInbox[M any]() *Inbox[M] {
	in := &Inbox[M]{
		full:  make(chan Batch[M], 1),
		empty: make(chan Batch[M], 1),
	}
	in.empty <- Batch[M]{}
	return in
}

// Send queues m and reports whether it will be seen: false means that the
// inbox is closed and m was dropped. It may be called from any goroutine and
// never waits for the receiver.
func (in *Inbox[M]) Send(m M) bool {
	var b Batch[M]
	select {
	case b = <-in.full:
	case b = <-in.empty:
	}
	if b.closed {
		in.empty <- b
		return false
	}
	b.messages = append(b.messages, m)
	in.full <- b
	return true
}

// Ready yields the backlog as soon as there is one. The receiver must pass it
// to Open before it does anything else: senders wait meanwhile.
func (in *Inbox[M]) Ready() <-chan Batch[M] { return in.full }

// Open gives the queue back to the senders and returns the messages of b,
// oldest first. The slice is valid until the next call of Open.
func (in *Inbox[M]) Open(b Batch[M]) []M {
	clear(in.opened)
	in.empty <- Batch[M]{messages: in.opened[:0]}
	in.opened = b.messages
	if cap(b.messages) > keptCapacity {
		// Forgotten now and not at the next Open, which may be hours away.
		in.opened = nil
	}
	return b.messages
}

// Close makes every later Send return false and returns what was queued but
// never received. Only the receiver may call it; a second call returns nil.
func (in *Inbox[M]) Close() []M {
	var rest Batch[M]
	select {
	case rest = <-in.full:
	case <-in.empty: // or it is closed already
	}
	in.empty <- Batch[M]{closed: true}
	return rest.messages
}
