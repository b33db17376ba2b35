package lbstream

import (
	"time"

	"google.golang.org/grpc/backoff"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/tokens"
)

// message is a message to the stream owner. At most one dialNow is queued for each
// stream that ended; the other messages come no faster than the resolver's updates.
type message interface{ toStream() }

// serve: the policy has a new target. Sent by Stream.Serve.
type serve struct{ target Target }

// dialNow: the wait after the stream of this number is over. It is ignored if another
// stream has been opened since.
type dialNow struct{ after uint64 }

// configure: the settings have changed. Sent by Stream.Configure.
type configure struct{ settings Settings }

// askAgain: no backend of the list works; the balancer may have a better list. Sent by
// Stream.AskAgain.
type askAgain struct{}

// reset: the policy wants the next stream now. Sent by Stream.Reset, and passed on to the
// retry owner.
type reset struct{}

// setBackoff: the backoff has other figures. Sent by Stream.SetBackoff, and passed on to
// the retry owner.
type setBackoff struct{ backoff backoff.Config }

func (serve) toStream()      {}
func (askAgain) toStream()   {}
func (dialNow) toStream()    {}
func (configure) toStream()  {}
func (reset) toStream()      {}
func (setBackoff) toStream() {}
func (stateAsked) toStream() {}

// streamEvent is what the goroutines of a stream tell the owner, over the unbuffered
// channel of that stream. The reader first sends opened or ended. After opened it sends
// any number of received, and ended at last. A sender sends sent.
type streamEvent interface{ fromStream() }

// opened: gRPC has made the stream. The balancer may not know of it yet.
type opened struct{ raw balanceLoad }

// received: the balancer sent a message. The reader has parsed a list already, so a
// long one does not hold up the owner, and the message itself can be freed.
type received struct {
	response *lbpb.LoadBalanceResponse // nil if it is a list
	list     *tokens.List
	bytes    int // of the message
}

// receivedFrom turns a message into an event. last is the list before it, or nil.
func receivedFrom(m *lbpb.LoadBalanceResponse, last *tokens.List) received {
	if l, ok := m.GetLoadBalanceResponseType().(*lbpb.LoadBalanceResponse_ServerList); ok {
		return received{list: tokens.Parse(l.ServerList, last)}
	}
	return received{response: m}
}

// ended: the stream could not be opened, or it is over. err is not nil; io.EOF means
// that the balancer ended the stream without an error.
type ended struct{ err error }

// sent: gRPC has taken the message from the sender. While the balancer does not read,
// flow control delays that.
type sent struct{}

func (opened) fromStream()   {}
func (received) fromStream() {}
func (ended) fromStream()    {}
func (sent) fromStream()     {}

// retryMessage is a message of the stream owner to the retry owner: one for each end of a
// stream or of a wait, and those of the policy that are passed on.
type retryMessage interface{ toRetry() }

// streamEnded: this stream is over, and this side did not end it. A dialNow answers
// it after the backoff.
type streamEnded struct {
	stream uint64
	record
}

// renewal: this stream goes on, but is to be replaced. A dialNow answers it after the
// time that would be waited if the stream had ended.
type renewal struct {
	stream uint64
	record
}

// standDown: no stream is waited for any more. One was opened before its time, or there
// are no balancers. No dialNow follows.
type standDown struct{ record }

// record is what the retry owner has to know of a stream. It is zero for a stream that
// was never open.
type record struct {
	lived     time.Duration // for how long it was open
	delivered bool          // it brought a server list
}

func (streamEnded) toRetry() {}
func (renewal) toRetry()     {}
func (standDown) toRetry()   {}
func (reset) toRetry()       {}
func (setBackoff) toRetry()  {}
func (whenDue) toRetry()     {}

// Serve makes t the target. The same target again changes nothing. New addresses go to
// the channel, and an open stream stays; while the owner waits before the next stream, they
// are tried at once. A new name ends the stream and opens one at once. Without balancers
// stream and channel are closed. The slice is copied. Serve never waits, and does nothing
// once the group has stopped.
func (s *Stream) Serve(t Target) { s.inbox.Send(serve{t.normal()}) }

// Configure changes the settings: the Timeout at once, the Keepalive from the next
// stream on. It never waits, and does nothing once the group has stopped.
func (s *Stream) Configure(settings Settings) { s.inbox.Send(configure{settings}) }

// AskAgain replaces the open stream by a new one, as soon as the backoff allows, with
// jitter. If the balancer sends anything before that, the stream stays. Contact holds until
// the new stream ends, or has sent no list for the Timeout of the settings. If the open
// stream has brought no list, or no stream is open, AskAgain does nothing, because the balancer
// is being asked already. It never waits, and does nothing once the group has stopped.
func (s *Stream) AskAgain() { s.inbox.Send(askAgain{}) }

// Reset forgets the backoff. If the next stream is being waited for, it is opened now.
// Reset never waits, and does nothing once the group has stopped.
func (s *Stream) Reset() { s.inbox.Send(reset{}) }

// SetBackoff changes the figures from the next end of a stream on; a wait that has begun
// keeps its length. Figures out of range are replaced as [Options] say. It never
// waits, and does nothing once the group has stopped.
func (s *Stream) SetBackoff(b backoff.Config) { s.inbox.Send(setBackoff{valid(b)}) }

// stateAsked asks the stream owner for a State.
type stateAsked struct{ reply chan<- described }

// described is the owner's answer, and where to ask for Next; nil: nothing is waited for.
type described struct {
	State
	retry *actor.Inbox[retryMessage]
}

// whenDue asks the retry owner when the next stream is due.
type whenDue struct{ reply chan<- time.Time }

// State describes the stream. It returns the zero State if the stream has stopped.
func (s *Stream) State() State {
	reply := make(chan described, 1)
	if !s.inbox.Send(stateAsked{reply}) {
		return State{}
	}
	d := <-reply
	if d.retry != nil {
		due := make(chan time.Time, 1)
		if d.retry.Send(whenDue{due}) {
			d.State.Next = <-due
		}
	}
	return d.State
}
