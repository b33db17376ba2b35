package rrgroup

import (
	"context"
	"time"

	"google.golang.org/grpc/balancer"
)

// PingMethod is the method that pings call. Nobody serves it: that a backend
// says so is as good an answer as any. Pickers know a ping by it, because to
// compare the name of a method costs a call less than a look into its context.
const PingMethod = "/grpclb.Ping/Ping"

// isPing reports whether a pick is for a ping and not for a call.
func isPing(info balancer.PickInfo) bool { return info.FullMethodName == PingMethod }

// A Probe learns what became of the picks of a ping. It is made by the caller and
// given to the pickers in the ping's context. gRPC may pick more than once: the
// connection was lost meanwhile, or the ping was retried. One pick that was
// answered is what counts. The outcome is there when the ping has ended.
type Probe chan Outcome

// An Outcome is the end of a ping that was sent to a backend.
type Outcome struct {
	Answered bool          // a byte came back
	RTT      time.Duration // since the pick
}

// NewProbe returns a probe that nobody has told anything.
func NewProbe() Probe { return make(Probe, 1) }

type probeKey struct{}

// WithProbe returns the context for a ping that p is to hear of.
func WithProbe(ctx context.Context, p Probe) context.Context {
	return context.WithValue(ctx, probeKey{}, p)
}

// pingOver is the pick of a ping. It takes no part in what is counted for the
// balancer, nor in what a generation waits for before it has drained: gRPC lets
// what is under way over a SubConn finish even after its Shutdown.
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

// tell adds the outcome of a pick. One after the other they end, and an answer
// takes the place of what was told before.
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

// ping picks for a ping: the READY backends take turns of their own, so that
// pings change nothing of where calls go.
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
