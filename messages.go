package grpclb

import (
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// A message is what gRPC tells the policy. The stream and the group tell it their state in
// cells.
type message interface{ message() }

// resolved is an update of the resolver that was accepted.
type resolved struct {
	config    Config
	unknown   string        // the unknown fields of its config
	child     *hosted.Child // the child policy of its config
	balancers []resolver.Address
	backends  []resolver.Endpoint
}

// resolverFailed is an error of the resolver, or says why an update was refused.
type resolverFailed struct{ err error }

// exitIdle ends a wait before the next stream to a balancer.
type exitIdle struct{}

// stateAsked asks for the policy's own part of a State. If the policy has stopped, reply is
// closed.
type stateAsked struct{ reply chan<- decided }

func (*resolved) message()      {}
func (resolverFailed) message() {}
func (exitIdle) message()       {}
func (stateAsked) message()     {}
