package daemon

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/authz"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/lbserver"
)

// serviceHeader is the header under which the authorization policy sees the service that a
// client asks for. What the client itself sends under that name does not count.
const serviceHeader = "grpclb-service"

// A policy is gRPC's authorization policy, in a file that is read again when it changes. It is
// asked about each stream when the client has named its service. The zero policy allows all.
type policy struct{ watcher *authz.FileWatcherInterceptor }

// openPolicy reads the policy; "" is the zero policy.
func openPolicy(file string) (policy, error) {
	if file == "" {
		return policy{}, nil
	}
	w, err := authz.NewFileWatcher(file, 5*time.Second)
	return policy{w}, err
}

func (p policy) close() {
	if p.watcher != nil {
		p.watcher.Close()
	}
}

// allow returns nil, or PERMISSION_DENIED.
func (p policy) allow(ctx context.Context, client lbserver.Client) error {
	if p.watcher == nil {
		return nil
	}
	headers := client.Metadata.Copy()
	if headers == nil {
		headers = metadata.MD{}
	}
	headers.Set(serviceHeader, client.Service)
	stream := asking{ctx: metadata.NewIncomingContext(ctx, headers)}
	return p.watcher.StreamInterceptor(nil, stream, &grpc.StreamServerInfo{}, allowed)
}

// allowed is what the policy lets through to.
func allowed(srv any, s grpc.ServerStream) error { return nil }

// asking is a stream for a policy to look at.
type asking struct {
	grpc.ServerStream
	ctx context.Context
}

func (a asking) Context() context.Context { return a.ctx }
