package lbstream

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/diary"
)

// Options are fixed when a Stream is started.
type Options struct {
	// Authority is the authority of the parent channel. A balancer whose address has
	// no ServerName is authenticated by it. If it is empty, TLS refuses such balancers.
	Authority string
	// Direct says that balancers are never reached through the proxy of the environment,
	// because the DialOptions have a dialer.
	Direct bool
	// DialOptions are for the channel to the balancer. If there are no transport
	// credentials among them, every stream ends with gRPC's error for that. They come after
	// the options of this package, so they can replace its keepalive.
	DialOptions []grpc.DialOption
	// Backoff is the wait before the next stream: after n streams in a row that were
	// not healthy, BaseDelay × Multiplierⁿ⁻¹, at most MaxDelay, and then up to Jitter
	// of it more or less (0.2 is ±20 %). A stream was healthy if it brought a list and
	// lived longer than BaseDelay. Backoff is used until SetBackoff is called.
	//
	// A figure out of range is replaced by that of backoff.DefaultConfig: a delay
	// that is not positive, a Multiplier under 1, a Jitter outside 0 to 1, and any
	// NaN. So the zero value has no jitter and the other default figures. A MaxDelay
	// under BaseDelay bounds the first delay too.
	Backoff backoff.Config
	// Settings are used until Configure is called.
	Settings Settings
	// Counter is asked for the figures of load reports. If it is nil, no reports are
	// sent, even if the balancer asks for them.
	Counter Counter
	// Log is the log of the channel that the balancer is for.
	Log diary.Log
}

// Settings are what can change while a Stream lives.
type Settings struct {
	// Timeout is how long a balancer may send nothing on a new stream before the next
	// balancer is asked, if there is one. When this side replaces a stream, it is also how long
	// contact holds without a list from the new one. Zero means no limit.
	Timeout time.Duration
	// Keepalive is that of the channel, from the next stream on.
	Keepalive Keepalive
}

// A Stream keeps one stream to the balancer open. Its methods only post messages, and
// may be called from any goroutine.
type Stream struct {
	inbox  *actor.Inbox[message] // policy, retry owner → stream owner
	status actor.Cell[*Status]   // stream owner → policy
}

// Start starts a Stream without balancers. It ends when the group stops.
func Start(g *actor.Group, opts Options) *Stream {
	s := &Stream{
		inbox:  actor.NewInbox[message](),
		status: actor.NewCell[*Status](),
	}
	o := &owner{group: g, opts: opts, public: s, diary: diary.New(opts.Log)}
	o.core = core{counting: opts.Counter != nil, routeOf: o.opts.routeOf, settings: opts.Settings, backoff: valid(opts.Backoff)}
	g.Go(o.loop)
	return s
}

// Status yields the newest status after each change. Only one goroutine may receive.
func (s *Stream) Status() <-chan *Status { return s.status.Ready() }
