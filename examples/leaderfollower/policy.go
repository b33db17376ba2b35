package main

import (
	"errors"
	"sync/atomic"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb"
)

// policyName is the name to use in a childPolicy.
const policyName = "leader_follower"

// leaderRole is the LB token of the backend that takes writes. A backend with another token, or
// with none (a fallback backend), is a follower.
const leaderRole = "leader"

// writes are the methods for the leader. All others are reads.
var writes = map[string]bool{testpb.TestService_UnaryCall_FullMethodName: true}

// The errors of writes without a leader. They are no status errors, so gRPC decides by the call: a
// wait-for-ready call waits for a leader, any other fails at once with UNAVAILABLE and this
// text.
var (
	errNoLeader   = errors.New("no connected backend is the leader, so writes fail")
	errTwoLeaders = errors.New("the balancer names more than one leader, so writes fail")
)

// Package base keeps every backend connected, and asks for a new picker when that changes
// something. We only have to pick.
func init() {
	balancer.Register(base.NewBalancerBuilder(policyName, pickers{}, base.Config{}))
}

// pickers builds pickers, for all channels.
type pickers struct{}

// Build is called when a connection comes or goes, and when the balancer has sent a list, even if
// only the roles are new in it.
func (pickers) Build(info base.PickerBuildInfo) balancer.Picker {
	var leaders, followers []balancer.SubConn
	for conn, known := range info.ReadySCs {
		if role, _ := grpclb.Token(known.Address); role == leaderRole {
			leaders = append(leaders, conn)
		} else {
			followers = append(followers, conn)
		}
	}
	return newPicker(leaders, followers)
}

// newPicker returns a picker over connected backends. If there are none, calls wait.
func newPicker(leaders, followers []balancer.SubConn) balancer.Picker {
	if len(leaders)+len(followers) == 0 {
		return base.NewErrPicker(balancer.ErrNoSubConnAvailable)
	}
	p := &picker{leaders: leaders, readers: followers}
	if len(followers) == 0 {
		p.readers = leaders
	}
	return p
}

// A picker picks by one set of roles. Many calls use it at the same time; only the turn
// changes.
type picker struct {
	leaders []balancer.SubConn
	readers []balancer.SubConn // the followers, or the leader if there are none; never empty
	turn    atomic.Uint32
}

// Pick sends writes to the leader, and reads to each reader in turn.
func (p *picker) Pick(call balancer.PickInfo) (balancer.PickResult, error) {
	if !writes[call.FullMethodName] {
		return balancer.PickResult{SubConn: p.readers[p.turn.Add(1)%uint32(len(p.readers))]}, nil
	}
	switch len(p.leaders) {
	case 0:
		return balancer.PickResult{}, errNoLeader
	case 1:
		return balancer.PickResult{SubConn: p.leaders[0]}, nil
	default:
		return balancer.PickResult{}, errTwoLeaders
	}
}
