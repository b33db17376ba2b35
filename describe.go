package grpclb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/actorlb/grpclb/lbstream"
	"github.com/actorlb/grpclb/pending"
	"github.com/actorlb/grpclb/rrgroup"
)

// Reasons why there is no State.
var (
	// ErrIdle: the channel is idle, so it has no policy. A call or Connect ends that.
	ErrIdle = errors.New("grpclb: the channel is idle and has no policy, so there is nothing to describe")

	// ErrClosed: the channel is closed, or dropped its policy while Describe was asking it.
	ErrClosed = errors.New("grpclb: the channel is closed")

	// ErrForeign: the channel's policy is not this one.
	ErrForeign = errors.New("grpclb: the policy of the channel is not grpclb")
)

// Describe returns the state of a channel's policy: where the backends come from and why,
// whether the balancer is in contact, and what calls wait for. It does not wait for a backend
// or for the balancer, and changes nothing.
//
// Describe makes a call of a method that no server has. The call ends in the policy: it is
// not sent, dropped, parked or reported, and does not count for maxPendingPicks. But it
// passes the channel's interceptors and stats handlers, to which it looks like a call that
// ended with UNIMPLEMENTED. Until the resolver has answered for the first time, a channel has
// no policy: Describe waits for that, as every call does, until ctx is done. (With grpc-go
// 1.75 it returns ErrIdle then, because such a channel says that it is idle.)
//
// The error is ErrIdle, ErrClosed, ErrForeign or that of ctx, which errors.Is tells apart, or
// else the error of the call, such as one of the resolver. Describe can see that a channel is
// idle only if cc has the method GetState, as *grpc.ClientConn has; the call wakes other idle
// channels. If the channel has another policy, the call goes to a backend, which does not
// know the method.
func Describe(ctx context.Context, cc grpc.ClientConnInterface) (*State, error) {
	p, err := policyOf(ctx, cc)
	if err != nil {
		return nil, err
	}
	return p.State(ctx)
}

// policyOf returns the policy of a channel.
func policyOf(ctx context.Context, cc grpc.ClientConnInterface) (*policy, error) {
	switch connectivityOf(cc) {
	case connectivity.Idle:
		return nil, ErrIdle
	case connectivity.Shutdown:
		return nil, ErrClosed
	}
	found := make(introduction, 1)
	err := cc.Invoke(context.WithValue(ctx, introductionKey{}, found), rrgroup.ShowMethod,
		&emptypb.Empty{}, &emptypb.Empty{})
	select {
	case p := <-found:
		return p, nil
	default:
		return nil, whyNot(ctx, err)
	}
}

// connectivityOf returns the state of the channel, or READY if it does not tell.
func connectivityOf(cc grpc.ClientConnInterface) connectivity.State {
	if c, tells := cc.(interface{ GetState() connectivity.State }); tells {
		return c.GetState()
	}
	return connectivity.Ready
}

// whyNot returns why a call has not got to a policy of this package. err is how it ended.
func whyNot(ctx context.Context, err error) error {
	switch {
	case err == nil || status.Code(err) == codes.Unimplemented:
		return ErrForeign
	case ctx.Err() != nil:
		return fmt.Errorf("grpclb: the channel can't be described: %w", ctx.Err())
	case status.Code(err) == codes.Canceled:
		return ErrClosed
	default:
		return fmt.Errorf("grpclb: the channel can't be described: %w", err)
	}
}

// An introduction is in the context of the call that policyOf makes. The policy that picks for
// the call puts itself into it. That may happen more than once, if gRPC picks again, or if
// several policies are below a parent policy that asks them all. The first one counts.
type introduction chan *policy

type introductionKey struct{}

// Show puts the policy into the introduction of a call of rrgroup.ShowMethod. It implements
// rrgroup.Door.
func (p *policy) Show(call context.Context) {
	to, _ := call.Value(introductionKey{}).(introduction)
	select {
	case to <- p:
	default: // the call has no introduction, or another policy is in it
	}
}

// Target returns what the user dialled. It implements registry.Member.
func (p *policy) Target() string { return p.about.target }

// answers are what the actors of a policy have answered.
type answers struct {
	about   about
	at      time.Time
	policy  decided
	stream  lbstream.State
	group   rrgroup.State
	pending pending.Stats
}

// State returns what Describe returns. Package lbdebug calls it too. It asks the actors one
// after the other; the caller waits for each answer, and the actors wait for nobody.
func (p *policy) State(ctx context.Context) (*State, error) {
	own, ok := p.decided()
	if !ok {
		return nil, ErrClosed
	}
	a := answers{about: p.about, policy: own}
	a.stream, a.group, a.pending = p.stream.State(), p.group.State(), p.queue.Stats()
	if a.at = time.Now(); ctx.Err() != nil {
		return nil, whyNot(ctx, ctx.Err())
	}
	return a.state(), nil
}
