package lbstream

import (
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/tokens"
)

// message is what the stream is told through its inbox. At most one dialNow
// waits there for each call that ended; serves come at the resolver's pace.
type message interface{ toStream() }

// serve: the policy has a target. Sent by Stream.Serve.
type serve struct{ target Target }

// dialNow: the wait that followed the call of this number is over. It is out
// of date, and ignored, once another call has been opened.
type dialNow struct{ after uint64 }

// configure: the settings have changed. Sent by Stream.Configure.
type configure struct{ settings Settings }

// askAgain: the list is of no use, and the balancer may have a better one. Sent by
// Stream.AskAgain.
type askAgain struct{}

func (serve) toStream()     {}
func (askAgain) toStream()  {}
func (dialNow) toStream()   {}
func (configure) toStream() {}

// streamEvent is what the children of a call hand to the stream, over an
// unbuffered channel that belongs to their call alone. From the reader: first
// opened or ended; after opened any number of received; ended comes last and
// is the last that is heard of the call. From a sender: sent.
type streamEvent interface{ fromStream() }

// opened: gRPC has accepted the call. The balancer may not have seen it yet.
type opened struct{ raw balanceLoad }

// received: the balancer said something. A list has been parsed by the reader, so
// that a long one holds up nobody but the balancer, and its message can go.
type received struct {
	response *lbpb.LoadBalanceResponse // nil if it is a list
	list     *tokens.List
}

// receivedFrom is how the reader hands a message over. last is the list that it
// handed over last.
func receivedFrom(m *lbpb.LoadBalanceResponse, last *tokens.List) received {
	if l, ok := m.GetLoadBalanceResponseType().(*lbpb.LoadBalanceResponse_ServerList); ok {
		return received{list: tokens.Parse(l.ServerList, last)}
	}
	return received{response: m}
}

// ended: the call could not be opened, or is over. err is not nil; io.EOF
// means that the balancer ended the stream without an error.
type ended struct{ err error }

// sent: gRPC has taken the message that a sender was given, which takes as
// long as the balancer's flow control makes it.
type sent struct{}

func (opened) fromStream()   {}
func (received) fromStream() {}
func (ended) fromStream()    {}
func (sent) fromStream()     {}

// retryMessage is what the retry owner is told through its inbox: one message
// for each end of a call or of a wait, and the policy's few.
type retryMessage interface{ toRetry() }

// streamEnded: the call of this number is over and not by the stream's wish.
// The answer is a dialNow, in its time.
type streamEnded struct {
	stream uint64
	record
}

// renewal: the call of this number is to be followed by another, and goes on until
// then. The answer is a dialNow, in the time that the end of the call would have been
// answered in.
type renewal struct {
	stream uint64
	record
}

// standDown: whatever was being waited for has lost its point. The stream has
// opened a call out of turn, or has no balancers, and asks for nothing.
type standDown struct{ record }

// record is what the retry owner needs to know of a call the stream no longer
// has. It is zero for a call that was never opened.
type record struct {
	lived     time.Duration // since it was opened
	delivered bool          // a server list
}

// reset: the policy wants the next call without delay. Sent by Stream.Reset.
type reset struct{}

// setBackoff: the figures have changed. Sent by Stream.SetBackoff.
type setBackoff struct{ backoff Backoff }

func (streamEnded) toRetry() {}
func (renewal) toRetry()     {}
func (standDown) toRetry()   {}
func (reset) toRetry()       {}
func (setBackoff) toRetry()  {}

// Serve makes t the target. What equals the target so far changes nothing; new
// addresses go to the channel under a live call and are tried at once if the
// stream was waiting to call again; a new name opens a new call at once;
// without balancers the call and its channel are closed. The slice is copied.
// It never waits, and does nothing once the group has stopped.
func (s *Stream) Serve(t Target) { s.inbox.Send(serve{t.normal()}) }

// Configure changes the settings: the Timeout at once, the Keepalive from the next
// call on. It never waits, and does nothing once the group has stopped.
func (s *Stream) Configure(settings Settings) { s.inbox.Send(configure{settings}) }

// AskAgain replaces a call that has delivered by a new one, as soon as the backoff
// allows, with jitter. If the balancer sends anything before that, the call stays.
// Contact holds meanwhile, until the new call ends or has sent no list for the Timeout
// of the settings. While no call that has delivered is open it does nothing, since the
// balancer is being asked. It never waits, and does nothing once the group has stopped.
func (s *Stream) AskAgain() { s.inbox.Send(askAgain{}) }

// Reset forgets the backoff, and if the stream was waiting to call again it
// calls now. It never waits, and does nothing once the group has stopped.
func (s *Stream) Reset() { s.retry.Send(reset{}) }

// SetBackoff changes the figures from the next end of a call on; a wait that
// has begun keeps its length. Figures out of range are replaced as [Backoff]
// says. It never waits, and does nothing once the group has stopped.
func (s *Stream) SetBackoff(b Backoff) { s.retry.Send(setBackoff{b.normal()}) }
