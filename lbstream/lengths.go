package lbstream

import (
	"context"

	"google.golang.org/grpc/stats"
)

// A length is that of the message that a reader received last, in bytes. The reader has it in the
// context of its stream. It is the reader's goroutine in which gRPC calls lengths with what
// came in.
type length int

type lengthKey struct{}

// lengths is the stats handler of the channel. It costs nothing that grows with a message, as
// measuring the message again would.
type lengths struct{}

// HandleRPC notes how long a message was, without headers and before it was compressed.
func (lengths) HandleRPC(ctx context.Context, s stats.RPCStats) {
	in, received := s.(*stats.InPayload)
	if of, ok := ctx.Value(lengthKey{}).(*length); ok && received {
		*of = length(in.Length)
	}
}

// TagRPC does nothing.
func (lengths) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// TagConn does nothing.
func (lengths) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn does nothing.
func (lengths) HandleConn(context.Context, stats.ConnStats) {}
