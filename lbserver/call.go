package lbserver

import (
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
)

// A stream is how gRPC, or an interceptor around it, hands over a client's call.
type stream = grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]

// A call is one client's BalanceLoad. Three goroutines share it: gRPC's handler,
// which waits for the first word on how the call ends, a reader, which receives,
// and a writer, which sends. The reader starts the writer when there is an answer.
//
// A stream is its handler's until the handler returns, so the handler waits until
// the other two have left the stream. They may be waiting in it for a client that
// says or takes nothing. The handler ends the stream then, and they return.
type call struct {
	// Fixed once made.
	stream     stream
	transport  transport // nil if the stream is not gRPC's own
	peer       *peer.Peer
	shares     bool   // takes messages that are encoded already
	compressor string // with this one

	opened time.Time

	answers  actor.Cell[delivery] // loop → reader: the first one, writer: the others
	over     chan verdict         // loop, reader, writer → handler: at most one word each
	progress chan progress        // reader → handler: each word once
	stop     chan struct{}        // handler → reader, writer: closed when the call is over
	ended    chan error           // handler → reader: how, before that
	done     chan struct{}        // reader, or the loop if there is none → handler: closed when reader and writer have ended
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
	out bool // neither reader nor writer are in the stream, nor will be
}

func newCall(s stream, plain bool) *call {
	c := &call{
		stream:    s,
		transport: transportOf(s.Context()),
		peer:      &peer.Peer{},
		answers:   actor.NewCell[delivery](),
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

// end tells the handler how the call ends. The first word counts. It does not
// wait: there is room for one from everybody who has a say.
func (c *call) end(err error) { c.over <- verdict{err: err} }

// refuse is end for a call that was never answered, whose reader has left the
// stream and comes back to it only after an answer.
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
	if !b.inbox.opened(c) {
		return errClosing
	}
	defer b.inbox.left(c)
	v := c.verdict(&b.opts)
	c.ended <- v.err
	close(c.stop)
	c.leave(v)
	return v.err
}

// verdict waits for the first word on how the call ends, or for the time to end it.
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

// leave returns when nobody uses the stream any more. Of a stream that is not
// gRPC's own nobody but the handler can end what waits in it, by returning; so
// reader and writer leave that one a moment later.
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
