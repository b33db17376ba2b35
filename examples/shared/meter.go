package main

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/stats"
)

// A rush holds calls up inside the servers until so many of them are there: then
// they have all been open at the same time, which is what is to be shown.
type rush struct {
	size    int64
	arrived atomic.Int64
	full    chan struct{} // closed by the last to arrive
}

func newRush(size int) *rush { return &rush{size: int64(size), full: make(chan struct{})} }

// join waits for the others. A call leaves when its client has had enough.
func (r *rush) join(ctx context.Context) error {
	if r.arrived.Add(1) == r.size {
		close(r.full)
	}
	select {
	case <-r.full:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A meter counts what arrives at a server. gRPC calls it from many goroutines.
type meter struct {
	rush  *rush
	conns atomic.Int64 // made so far
	calls atomic.Int64 // that have joined the rush
}

// unary has unary calls join the rush, but for those of settle.
func (m *meter) unary(ctx context.Context, request any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if call.FullMethod == testpb.TestService_EmptyCall_FullMethodName {
		return next(ctx, request)
	}
	m.calls.Add(1)
	if err := m.rush.join(ctx); err != nil {
		return nil, err
	}
	return next(ctx, request)
}

// stream has streaming calls join it.
func (m *meter) stream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	m.calls.Add(1)
	if err := m.rush.join(stream.Context()); err != nil {
		return err
	}
	return next(server, stream)
}

// HandleConn counts connections.
func (m *meter) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, begins := s.(*stats.ConnBegin); begins {
		m.conns.Add(1)
	}
}

// HandleRPC has nothing to count.
func (m *meter) HandleRPC(context.Context, stats.RPCStats) {}

// TagConn has nothing to add.
func (m *meter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// TagRPC has nothing to add.
func (m *meter) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
