package lbserver

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/status"
)

// A transport is what gRPC knows of a stream below all interceptors. gRPC's own
// streams have these methods; others, of tests or of channels within a process,
// may have none of them.
type transport interface {
	// WriteStatus ends the stream. What waits in its Send or Recv then returns.
	// It does nothing to a stream that has ended.
	WriteStatus(*status.Status) error

	ContentSubtype() string // "" or the name of the codec that the client asked for
	RecvCompress() string   // the compressor of what the client sends
	SendCompress() string   // the compressor of what it is sent
}

// transportOf returns nil for a stream that is not gRPC's own.
func transportOf(ctx context.Context) transport {
	t, _ := grpc.ServerTransportStreamFromContext(ctx).(transport)
	return t
}

// sharing reports whether a stream takes messages that were encoded for another
// one of the same compressor, and which compressor that is. Two kinds don't:
// clients that do not speak protobuf, since any name of a codec may be theirs,
// and streams whose compressor an interceptor has changed, since gRPC encodes in
// advance with the first one.
func sharing(t transport) (compressor string, shares bool) {
	if t == nil {
		return "", false
	}
	if subtype := t.ContentSubtype(); subtype != "" && subtype != protocodec.Name {
		return "", false
	}
	compressor = compressorName(t.SendCompress())
	return compressor, compressor == compressorName(t.RecvCompress())
}

// compressorName has one name for no compression.
func compressorName(name string) string {
	if name == encoding.Identity {
		return ""
	}
	return name
}
