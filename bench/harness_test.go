package bench

import (
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
)

// What is missing one backend has not been brought up, nor has what still sends
// calls to another one.
func TestParent_CoversAllAndNoOthers(t *testing.T) {
	p := newParent(4)
	conns := make([]balancer.SubConn, 4)
	for i := range conns {
		conns[i], _ = p.NewSubConn(make([]resolver.Address, 1), balancer.NewSubConnOptions{})
	}
	publish := func(state connectivity.State, conns []balancer.SubConn) {
		p.UpdateState(balancer.State{ConnectivityState: state, Picker: newRotation(conns)})
	}
	want := []*subConn{&p.made[0], &p.made[1], &p.made[2]}
	if p.covers(want) {
		t.Error("covered before the first update")
	}
	publish(connectivity.Ready, conns[:2])
	if p.covers(want) {
		t.Error("covered by two of three")
	}
	publish(connectivity.Ready, conns)
	if p.covers(want) {
		t.Error("covered with one too many")
	}
	publish(connectivity.Connecting, conns[:3])
	if p.covers(want) {
		t.Error("covered while CONNECTING")
	}
	publish(connectivity.Ready, conns[:3])
	if !p.covers(want) {
		t.Error("not covered by all three")
	}
}

// The list has a drop entry for every three backends, and for the rest.
func TestServers_Drops(t *testing.T) {
	for size, want := range map[int]int{1: 1, 10: 4, 12: 4, 100: 34} {
		drops := 0
		for _, s := range servers(size, true) {
			if s.Drop {
				drops++
			}
		}
		if drops != want {
			t.Errorf("%d backends come with %d drop entries, want %d", size, drops, want)
		}
	}
}

// Every share is done, once, also if it does not divide evenly.
func TestTogether_SharesOut(t *testing.T) {
	did := make(chan int, 1024)
	together(10, func(n int) { did <- n })
	close(did)
	sum := 0
	for n := range did {
		sum += n
	}
	if sum == 0 || sum > 10 {
		t.Errorf("did %d operations, want up to 10", sum)
	}
}

func TestMedian(t *testing.T) {
	if got := median([]float64{9, 1, 4}); got != 4 {
		t.Errorf("median of three = %v, want 4", got)
	}
	if got := median([]float64{9, 1, 4, 2}); got != 3 {
		t.Errorf("median of four = %v, want 3", got)
	}
}
