package lbserver

import (
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// A stream is how gRPC, or an interceptor around it, hands over a client's call.
type stream = grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]

// A call is one client's BalanceLoad. Three goroutines share it: gRPC's handler,
// which waits for the first verdict on how the call ends, a reader, which receives
// and runs the hooks, and a writer, which sends. The reader starts the writer when
// there is an answer.
//
// gRPC allows the use of a stream until its handler returns, so the handler first waits
// until the other two have stopped using it. If they are blocked in Recv or Send, since
// the client sends or reads nothing, the handler ends the stream, and they return.
type call struct {
	// Fixed once made.
	stream     stream
	transport  transport // nil if the stream is not gRPC's own
	peer       *peer.Peer
	shares     bool   // takes messages that are encoded already
	compressor string // with this one

	opened time.Time

	// Owned by the reader, and by the writer once it runs; by the reader again when that has ended.
	initial *lbpb.LoadBalanceResponse // the first message to the client
	client  Client                    // as the hooks have placed it last
	round   uint64                    // of the review in which they did; 0: when it asked

	answers  actor.Cell[delivery] // loop → reader: the first one, writer: the others
	again    actor.Cell[uint64]   // loop → who hears the answers: ask the hooks again; the number of the review
	moved    actor.Cell[Client]   // writer → reader: the client has another place
	over     chan verdict         // loop, reader, writer → handler: at most one each
	progress chan progress        // reader → handler: each value once
	ended    chan error           // handler → reader: how the call ended; sent before stop is closed
	stop     chan struct{}        // handler → reader, writer: closed when the call is over
	done     chan struct{}        // reader → handler: closed when reader and writer have ended. The loop closes it if it starts no reader
}

// Progress is how far a call has come.
type progress int

const (
	named  progress = iota // the client has named a service
	served                 // there is a first answer for it
)

// A verdict says how a call ends.
type verdict struct {
	err error
	out bool // reader and writer do not use the stream now and will not later
}

func newCall(s stream, plain bool) *call {
	c := &call{
		stream:    s,
		transport: transportOf(s.Context()),
		peer:      &peer.Peer{},
		answers:   actor.NewCell[delivery](),
		again:     actor.NewCell[uint64](),
		moved:     actor.NewCell[Client](),
		opened:    time.Now(),
		over:      make(chan verdict, 3),
		progress:  make(chan progress, 2),
		ended:     make(chan error, 1),
		stop:      make(chan struct{}),
		done:      make(chan struct{}),
	}
	if p, known := peer.FromContext(s.Context()); known {
		c.peer = p
	}
	if !plain {
		c.compressor, c.shares = sharing(c.transport)
	}
	return c
}

// end tells the handler how the call ends. The first verdict counts. It does not
// wait: over has room for one from each sender.
func (c *call) end(err error) { c.over <- verdict{err: err} }

// refuse is end for a call that was never answered: its reader has stopped using
// the stream and uses it again only after an answer.
func (c *call) refuse(err error) { c.over <- verdict{err: err, out: true} }

// stopped reports whether the call is over.
func (c *call) stopped() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// BalanceLoad serves one client. It is for the gRPC server to call.
func (b *Balancer) BalanceLoad(s grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]) error {
	c := newCall(s, b.opts.PlainMessages)
	c.initial = b.initial
	if !b.inbox.opened(c) {
		return errClosing
	}
	code := codes.Internal // if the stream of an interceptor panics
	defer func() { b.inbox.left(c, code) }()
	v := c.verdict(&b.opts)
	code = status.Code(v.err)
	c.ended <- v.err
	close(c.stop)
	c.leave(v)
	return v.err
}

// verdict waits until somebody says how the call ends, the client is gone, or it is
// time to end the call.
func (c *call) verdict(opts *Options) verdict {
	timer := actor.NewTimer()
	defer timer.Stop()
	timer.Set(c.opened.Add(opts.NameTimeout))
	late := errUnnamed
	for {
		select {
		case v := <-c.over:
			return v
		case <-c.stream.Context().Done():
			// The client is gone and will not see this.
			return verdict{err: status.FromContextError(c.stream.Context().Err()).Err()}
		case p := <-c.progress:
			late = errAge
			timer.Set(opts.endOf(p))
		case <-timer.Ready():
			return verdict{err: late}
		}
	}
}

// leave returns when nobody uses the stream any more. A stream that is not gRPC's
// own ends only when its handler returns, so the handler does not wait: reader
// and writer stop using that one a moment later.
func (c *call) leave(v verdict) {
	if !v.out {
		if c.transport == nil {
			return
		}
		// It fails if the connection has ended, and the stream with it.
		_ = c.transport.WriteStatus(status.Convert(v.err))
	}
	<-c.done
}
