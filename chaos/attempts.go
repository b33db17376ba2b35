package main

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

// attempts counts what the channel tried to send, as its stats handler. An
// attempt picks a backend once at most, not counting picks that are taken back.
// gRPC makes a second attempt at a call if a server surely has not seen the
// first (a "transparent retry"), so there may be more attempts than calls.
type attempts struct{ begun, transparent atomic.Int64 }

// HandleRPC is called by gRPC for each event of each call.
func (a *attempts) HandleRPC(_ context.Context, s stats.RPCStats) {
	begin, ok := s.(*stats.Begin)
	if !ok {
		return
	}
	a.begun.Add(1)
	if begin.IsTransparentRetryAttempt {
		a.transparent.Add(1)
	}
}

func (a *attempts) count() int64 { return a.begun.Load() }

func (*attempts) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*attempts) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*attempts) HandleConn(context.Context, stats.ConnStats)                       {}
