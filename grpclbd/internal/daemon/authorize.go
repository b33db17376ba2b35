package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/authz"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/grpclbd/internal/filecheck"
	"github.com/actorlb/grpclb/lbserver"
)

// serviceHeader is the header under which the authorization policy sees the service that a
// client asks for. What the client itself sends under that name does not count.
const serviceHeader = "grpclb-service"

// A policy is gRPC's authorization policy, in a file that is read again when it changes. It is
// asked about each stream when the client has named its service. While the file can't be used,
// what was read last stays in force, and the log says so. The zero policy allows all.
type policy struct {
	watcher *authz.FileWatcherInterceptor
	check   *filecheck.Check
}

// openPolicy reads the policy; "" is the zero policy.
func openPolicy(file string, log *slog.Logger) (policy, error) {
	return openPolicyEvery(file, log, 5*time.Second)
}

func openPolicyEvery(file string, log *slog.Logger, refresh time.Duration) (policy, error) {
	if file == "" {
		return policy{}, nil
	}
	w, err := authz.NewFileWatcher(file, refresh)
	if err != nil {
		return policy{}, fmt.Errorf("authz: %w", err)
	}
	return policy{w, filecheck.Start(file, policyFile(file), log)}, nil
}

func (p policy) close() {
	if p.watcher != nil {
		p.check.Stop()
		p.watcher.Close()
	}
}

// A policyFile is the name of a policy's file.
type policyFile string

// Try makes a policyFile a use of files.
func (f policyFile) Try() error {
	text, err := os.ReadFile(string(f))
	if err != nil {
		return err
	}
	_, err = authz.NewStatic(string(text))
	return err
}

// CheckPolicy returns what is wrong with the file of a policy now; nil if there is none.
func CheckPolicy(file string) error {
	if file == "" {
		return nil
	}
	if err := policyFile(file).Try(); err != nil {
		return fmt.Errorf("authz: %w", err)
	}
	return nil
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
