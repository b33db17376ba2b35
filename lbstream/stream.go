package lbstream

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/grpclog"

	"github.com/actorlb/grpclb/actor"
)

var logger = grpclog.Component("grpclb")

// Options are fixed when a stream is started.
type Options struct {
	// Authority is the name of the parent channel. A balancer whose address has
	// no ServerName is authenticated by it. Empty, there is no name to
	// authenticate those by, and TLS refuses them.
	Authority string
	// Direct says that balancers are never reached by the proxy of the environment,
	// since a dialer among DialOptions connects to them.
	Direct bool
	// DialOptions are those of the channel to the balancer. Without transport
	// credentials among them every call ends with gRPC's error for that. They
	// come after the options of this package and may replace its keepalive.
	DialOptions []grpc.DialOption
	// Backoff is the first one; see SetBackoff. The zero value has no jitter
	// and the other figures of DefaultBackoff.
	Backoff Backoff
	// Settings are the first ones; see Configure.
	Settings Settings
	// Counter is asked for what goes into load reports. Nil: none are sent,
	// whatever the balancer wants.
	Counter Counter
}

// Settings are what may change while a stream lives.
type Settings struct {
	// Timeout is how long a balancer may send nothing on a new call before the next
	// one is asked, if there is another. It also bounds how long contact of an earlier
	// call is kept while the call that replaced it has sent no list. Zero is no limit.
	Timeout time.Duration
	// Keepalive is that of the channel, from the next call on.
	Keepalive Keepalive
}

// Stream is the handle of the balancer call. Its methods only post messages
// and may be called from any goroutine.
type Stream struct {
	inbox  *actor.Inbox[message]      // policy, retry → stream
	retry  *actor.Inbox[retryMessage] // policy, stream → retry
	status actor.Cell[Status]         // stream → policy
}

// Start starts a stream that has no balancers yet. It ends with the group and
// in no other way.
func Start(g *actor.Group, opts Options) *Stream {
	s := &Stream{
		inbox:  actor.NewInbox[message](),
		retry:  actor.NewInbox[retryMessage](),
		status: actor.NewCell[Status](),
	}
	o := &owner{group: g, opts: opts, public: s, core: core{counting: opts.Counter != nil, routeOf: opts.routeOf, settings: opts.Settings}}
	g.Go(o.loop)
	retry := retryCore{backoff: opts.Backoff.normal()}
	g.Go(func(ctx context.Context) { s.retryLoop(ctx, retry) })
	return s
}

// Status yields the newest status after each change, once. There is one taker.
func (s *Stream) Status() <-chan Status { return s.status.Ready() }
