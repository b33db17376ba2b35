package bench

import (
	"testing"

	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/grpclb" // the peer; see peer
	"google.golang.org/grpc/balancer/leastrequest"
	"google.golang.org/grpc/balancer/roundrobin"

	"github.com/actorlb/grpclb"
)

// A contender is a policy to be measured.
type contender struct {
	name    string
	builder balancer.Builder
	called  bool   // gets its backends from a balancer, else from the resolver
	drops   bool   // knows drop entries
	config  string // its JSON; empty: none
}

func ours() contender { return contender{"ours", grpclb.NewBuilder(), true, true, ""} }

// peer is grpc-go's grpclb. Two packages register that name here, and the last
// one to do so has it: Go starts packages in the order of their import paths,
// once what they import has started, which makes it the peer.
// TestContenders_AreWhatTheySay would see it if not.
func peer() contender { return contender{"grpclb", balancer.Get("grpclb"), true, true, ""} }

func roundRobin() contender {
	return contender{"round_robin", balancer.Get(roundrobin.Name), false, false, ""}
}

// hosting is ours with least_request as its child policy, own is ours with its own
// rotation, for beside it, and child is least_request without ours.
func hosting() contender {
	return contender{"ours", grpclb.NewBuilder(), true, true, `{"childPolicy":[{"least_request_experimental":{}}]}`}
}

func own() contender { return contender{"own", grpclb.NewBuilder(), true, true, ""} }

func child() contender {
	return contender{"child", balancer.Get(leastrequest.Name), false, false, `{}`}
}

// nothing is a policy that does what any policy has to do, and no more: what it
// costs is the harness.
func nothing() contender {
	return contender{"nothing", floorBuilder{}, true, false, ""}
}

// pickers are the contenders whose picks are compared.
func pickers() []contender { return []contender{ours(), peer(), roundRobin()} }

// A picking is a contender that has been brought up when it was first needed,
// so that a benchmark that is not selected costs nothing.
type picking struct {
	contender
	world *world
	size  int  // backends
	drops bool // in the list
	rig   *rig // nil before it is needed
}

// picker brings the contender up, once. It is closed when b ends, which must
// outlive the benchmarks that use the picker.
func (p *picking) picker(b *testing.B) balancer.Picker {
	if p.rig == nil {
		p.rig = p.world.start(p.contender, p.size, servers(p.size, p.drops), p.size)
		p.rig.bringUp()
		b.Cleanup(p.rig.close)
	}
	return p.rig.parent.latest().Picker
}
