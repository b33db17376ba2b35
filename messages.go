package grpclb

import (
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// A message is what the policy can be told by gRPC. What the stream and the
// group tell it comes in latest-value cells of theirs.
type message interface{ message() }

// resolved is an update of the resolver that was found to be in order.
type resolved struct {
	config    Config
	unknown   string        // fields of its config
	child     *hosted.Child // as the config says
	balancers []resolver.Address
	backends  []resolver.Endpoint
}

// resolverFailed is an error of the resolver, or an update that is no good: err says
// which.
type resolverFailed struct{ err error }

// exitIdle asks for a balancer that is waited for to be called now.
type exitIdle struct{}

func (resolved) message()       {}
func (resolverFailed) message() {}
func (exitIdle) message()       {}
