package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// check asks the backend once, and returns its answer or what it takes for one.
func (b *backend) check(ctx context.Context) answer {
	ctx, cancel := context.WithTimeout(ctx, b.setup.health.Timeout)
	defer cancel()
	if b.setup.health.TCP != nil {
		return b.checkTCP(ctx)
	}
	request := &healthpb.HealthCheckRequest{Service: *b.setup.health.GRPC}
	r, err := healthpb.NewHealthClient(b.conn).Check(ctx, request)
	if err != nil {
		return b.failed(err)
	}
	return b.said(r.GetStatus())
}

// checkTCP is content with a connection.
func (b *backend) checkTCP(ctx context.Context) answer {
	conn, err := b.setup.dial(ctx, "tcp", b.address)
	if err != nil {
		return bad(err.Error())
	}
	_ = conn.Close()
	return answer{good: true}
}

// said is the answer of a server that knows its health.
func (b *backend) said(s healthpb.HealthCheckResponse_ServingStatus) answer {
	switch s {
	case healthpb.HealthCheckResponse_SERVING:
		return answer{good: true}
	case healthpb.HealthCheckResponse_NOT_SERVING:
		return answer{word: true, why: "the server says NOT_SERVING"}
	case healthpb.HealthCheckResponse_SERVICE_UNKNOWN:
		return b.unknown()
	}
	return bad(fmt.Sprintf("the server says %v", s))
}

func (b *backend) unknown() answer {
	return answer{word: true, why: fmt.Sprintf("the server's health service does not know %q (health.grpc)", *b.setup.health.GRPC)}
}

// failed is the answer that an error of a check stands for.
func (b *backend) failed(err error) answer {
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unimplemented:
		return answer{word: true, why: "the server has no grpc.health.v1 service: give it one, or use health.tcp"}
	case codes.NotFound:
		return b.unknown()
	case codes.DeadlineExceeded:
		return bad(fmt.Sprintf("no answer within %v", b.setup.health.Timeout))
	}
	return bad(fmt.Sprintf("%v: %s", s.Code(), s.Message()))
}

// bad is an answer that is no word of the server. It has one short line of the text.
func bad(why string) answer { return answer{why: terminal.Cut(terminal.Clean(why), maxWhy)} }

// maxWhy bounds the bytes of a text that a backend may have written.
const maxWhy = 200

// pace is the least time between two messages of a stream that are taken. A server that sends
// more is slowed down by flow control.
const pace = 5 * time.Millisecond

// unimplemented reports whether the server does not have the method that was called.
func unimplemented(err error) bool {
	return !errors.Is(err, context.Canceled) && status.Code(err) == codes.Unimplemented
}
