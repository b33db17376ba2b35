package rrgroup

import (
	"context"
	"time"

	"google.golang.org/grpc/balancer"
)

// PingMethod is the method that pings call. No backend serves it; the error that says so
// is an answer too.
const PingMethod = service + "Ping"

// A Probe receives the outcome of a ping. The caller makes it, and pickers find it in
// the ping's context. gRPC may pick more than once for a ping, because the connection
// was lost meanwhile or the ping was retried. If one of these picks was answered, its
// outcome counts. The outcome is there when the ping has ended.
type Probe chan Outcome

// An Outcome is the end of a ping that was sent to a backend.
type Outcome struct {
	Answered bool          // a byte came back
	RTT      time.Duration // since the pick
}

// NewProbe returns a probe without an outcome.
func NewProbe() Probe { return make(Probe, 1) }

type probeKey struct{}

// WithProbe returns the context for a ping whose outcome p receives.
func WithProbe(ctx context.Context, p Probe) context.Context {
	return context.WithValue(ctx, probeKey{}, p)
}

// pingOver returns the pick of a ping. It is not counted for the balancer, and a
// generation does not wait for it before it has drained: gRPC lets a ping over a SubConn
// finish even after Shutdown.
func pingOver(ctx context.Context, sc balancer.SubConn) balancer.PickResult {
	var probe Probe // nil if the method was called by hand
	if ctx != nil {
		probe, _ = ctx.Value(probeKey{}).(Probe)
	}
	picked := time.Now()
	return balancer.PickResult{SubConn: sc, Done: func(info balancer.DoneInfo) {
		probe.tell(Outcome{info.BytesReceived, time.Since(picked)})
	}}
}

// tell adds the outcome of a pick. Picks of a ping end one after the other. An answer
// replaces an earlier outcome.
func (p Probe) tell(o Outcome) {
	if o.Answered {
		select {
		case <-p:
		default:
		}
	}
	select {
	case p <- o:
	default:
	}
}

// ping picks for a ping. Pings have turns of their own, so that calls go where they
// would have gone without pings.
func (p *roundRobin) ping(info balancer.PickInfo) (balancer.PickResult, error) {
	_, place := p.size.divide(uint64(p.pings.add()) - 1)
	return pingOver(info.Ctx, p.ready[place].result.SubConn), nil
}

// ping has the child pick for a ping.
func (p *childPicker) ping(info balancer.PickInfo) (balancer.PickResult, error) {
	sc, err := p.Where(info)
	if err != nil {
		return balancer.PickResult{}, err
	}
	return pingOver(info.Ctx, sc), nil
}
