package rrgroup

import (
	"testing"

	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb/hosted"
)

// picker returns the picker that gRPC was given last.
func (f *fixture) picker() balancer.Picker {
	all := f.Updates()
	return all[len(all)-1].Picker
}

// If a replaced picker refuses a call, gRPC picks again. The call takes one turn of the
// drops in all.
func TestDrop_WhenPickedAgain(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		for i := range 12 {
			f.adopt(list("a:" + string(rune('a'+i)) + " drop"))
			f.up("a")
			old := f.picker()
			f.adopt(list("a:" + string(rune('A'+i)) + " drop"))
			if _, err := old.Pick(pickInfo); err != balancer.ErrNoSubConnAvailable {
				t.Errorf("a retired picker returned %v", err)
			}
			want(t, "the call that it refused", f.pick(), []string{"a", "drop"}[i%2])
		}
	})
}

// So does a call whose connection is lost between the pick and its use.
func TestDrop_WhenNotUsed(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a drop"))
		f.up("a")
		for range 5 {
			unused, _ := f.hold()
			unused.Done(balancer.DoneInfo{})
			want(t, "the same call again, and the next one", f.picks(2), "a drop")
		}
		gone, _ := f.hold()
		f.adopt(list("a:new drop"))
		gone.Done(balancer.DoneInfo{})
		want(t, "the same call again by another list, and the next one", f.picks(2), "a drop")
	})
}

// A list that has only drops uses no turn that is owed by another list.
func TestDrop_WhenNothingElseIsListedAndATurnIsOwed(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a drop"))
		f.up("a")
		unused, _ := f.hold()
		unused.Done(balancer.DoneInfo{})
		f.adopt(list("drop drop"))
		want(t, "picks", f.picks(3), "drop drop drop")
	})
}

// A child has every call wait once before it picks. Each attempt is picked twice and takes
// one turn.
func TestDrop_WhenAChildHasCallsWait(t *testing.T) {
	for _, waits := range []error{balancer.ErrNoSubConnAvailable, errAgain{}} {
		var child *balking
		inBubble(t, tenSeconds, func(f *fixture) {
			child = &balking{err: waits}
			f.adopt(from(1, "a drop").with(&hosted.Child{Builder: child}))
			f.up("a")
			dropped := 0
			for range 20 {
				switch got := f.pick(); got {
				case "drop":
					dropped++
					continue
				case "a":
					t.Fatal("the child has the call wait, and it is picked")
				}
				want(t, "the same call again", f.pick(), "a")
			}
			want(t, "dropped of 20 calls", dropped, 10)
			want(t, "report", f.count(1), "started 20 finished 20 unsent 0 received 10 dropped [{tdrop 10}]")
		})
	}
}

// errAgain is an error after which gRPC picks again for calls that are
// wait-for-ready.
type errAgain struct{}

func (errAgain) Error() string { return "not now" }

// A balking is a child over one address, whose picker fails every other pick.
type balking struct {
	err error
	cc  balancer.ClientConn
	sc  balancer.SubConn
	n   int
}

func (*balking) Name() string { return "balking" }

func (b *balking) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	b.cc = cc
	return b
}

func (b *balking) UpdateClientConnState(s balancer.ClientConnState) error {
	//lint:ignore SA1019 it is deprecated for several addresses
	b.sc, _ = b.cc.NewSubConn(s.ResolverState.Addresses[:1], balancer.NewSubConnOptions{StateListener: b.heard})
	b.sc.Connect()
	return nil
}

func (b *balking) heard(s balancer.SubConnState) {
	b.cc.UpdateState(balancer.State{ConnectivityState: s.ConnectivityState, Picker: b})
}

func (b *balking) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	if b.n++; b.n%2 == 1 {
		return balancer.PickResult{}, b.err
	}
	return balancer.PickResult{SubConn: b.sc}, nil
}

func (*balking) ResolverError(error)                                        {}
func (*balking) UpdateSubConnState(balancer.SubConn, balancer.SubConnState) {}
func (*balking) Close()                                                     {}
func (*balking) ExitIdle()                                                  {}
