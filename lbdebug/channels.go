package lbdebug

import (
	"context"
	"errors"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/registry"
)

// A channel is one policy, as JSON has it.
type channel struct {
	Number uint64        `json:"channel"`
	State  *grpclb.State `json:"state,omitempty"`
	Error  string        `json:"error,omitempty"`
}

// A policy tells its state. The members of the registry are policies.
type policy interface {
	State(context.Context) (*grpclb.State, error)
}

// describe asks a member. The error is grpclb.ErrClosed, or ctx is done.
func describe(ctx context.Context, e registry.Entry) (channel, error) {
	p, tells := e.Member.(policy)
	if !tells {
		panic("BUG: a member of the registry has no State")
	}
	s, err := p.State(ctx)
	return channel{Number: e.Number, State: s}, err
}

// find returns the channel with this number.
func find(ctx context.Context, number uint64) (channel, error) {
	for _, e := range registry.Live.Members() {
		if e.Number == number {
			return describe(ctx, e)
		}
	}
	return channel{}, grpclb.ErrClosed
}

// describeAll returns these channels, without those that were closed meanwhile. It stops when
// ctx is done.
func describeAll(ctx context.Context, entries []registry.Entry) (all []channel) {
	for _, e := range entries {
		c, err := describe(ctx, e)
		switch {
		case err == nil:
			all = append(all, c)
		case !errors.Is(err, grpclb.ErrClosed):
			return all
		}
	}
	return all
}
