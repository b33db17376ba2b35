package rrgroup

import (
	"context"
	"time"

	"google.golang.org/grpc/balancer"
)

// PingMethod is the method that pings call. No backend has it; the error that says so is an
// answer too.
const PingMethod = service + "Ping"

// A Probe receives the outcome of a ping. The caller makes it, and pickers find it in
// the ping's context. gRPC may pick more than once for a ping, because the connection
// broke meanwhile or the ping was retried. The outcome is that of the pick that was
// answered, if there is one. It can be received when the ping has ended.
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

// pingOver returns the result of a pick for a ping over sc. Pings are in no load report,
// and a retired generation does not wait for them: gRPC lets a ping finish even after
// Shutdown of the SubConn.
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

// tell stores the outcome of a pick. An answered one replaces an earlier outcome. The picks
// of a ping end one after the other.
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

// ping picks for a ping. Pings have their own turns, so they do not change which backend
// the next call goes to.
func (p *roundRobin) ping(info balancer.PickInfo) (balancer.PickResult, error) {
	_, place := p.size.divide(uint64(p.pings.add()) - 1)
	return pingOver(info.Ctx, p.ready[place].conn), nil
}

// ping has the child pick for a ping.
func (p *childPicker) ping(info balancer.PickInfo) (balancer.PickResult, error) {
	sc, err := p.Where(info)
	if err != nil {
		return balancer.PickResult{}, err
	}
	return pingOver(info.Ctx, sc), nil
}
