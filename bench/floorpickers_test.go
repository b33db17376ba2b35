package bench

import (
	"sync/atomic"

	"google.golang.org/grpc/balancer"
)

// A bareAdd is one atomic add a pick: the least that calls can share if they
// are to take turns.
type bareAdd struct {
	turns  atomic.Uint64
	_      [56]byte // the line that is written is not the one that is read
	result balancer.PickResult
}

func newBareAdd(conns []balancer.SubConn) balancer.Picker {
	return &bareAdd{result: balancer.PickResult{SubConn: conns[0]}}
}

func (p *bareAdd) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	p.turns.Add(1)
	return p.result, nil
}

// A rotation is the picker of the policy that does nothing.
type rotation struct {
	turns atomic.Uint64
	conns []balancer.SubConn
}

func newRotation(conns []balancer.SubConn) balancer.Picker { return &rotation{conns: conns} }

func (p *rotation) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	return balancer.PickResult{SubConn: p.conns[p.turns.Add(1)%uint64(len(p.conns))]}, nil
}
