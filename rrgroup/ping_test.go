package rrgroup

import (
	"testing"

	"google.golang.org/grpc/balancer"
)

// ping picks for a ping, and returns the letter of the address or "wait".
func (f *fixture) ping() string {
	f.t.Helper()
	all := f.Updates()
	r, err := all[len(all)-1].Picker.Pick(balancer.PickInfo{FullMethodName: PingMethod, Ctx: f.t.Context()})
	if err == balancer.ErrNoSubConnAvailable {
		return "wait"
	}
	if err != nil {
		return err.Error()
	}
	for _, sc := range f.SubConns() {
		if balancer.SubConn(sc) == r.SubConn {
			return letter(sc.Address.Addr)
		}
	}
	return "a SubConn that there is not"
}

// lastReleased returns the epoch that was released last.
func (f *fixture) lastReleased() (epoch uint64) {
	for {
		select {
		case epoch = <-f.released:
		default:
			return epoch
		}
	}
}

// A ping waits in the queue while no backend is READY, even if calls fail or are dropped,
// and leaves it when one is.
func TestPing_IsParked(t *testing.T) {
	for name, wait := range map[string]func(*fixture){
		"no list":         func(*fixture) {},
		"connecting":      func(f *fixture) { f.adopt(list("a")) },
		"all failed":      func(f *fixture) { f.adopt(list("a")); f.down("a") },
		"drops alone":     func(f *fixture) { f.adopt(list("drop")) },
		"nobody to serve": func(f *fixture) { f.adopt(fallback("")) },
	} {
		inBubble(t, tenSeconds, func(f *fixture) {
			wait(f)
			want(t, name+": ping", f.ping(), "wait")
			want(t, name+": pings parked", len(f.parked), 1)
			if f.lastReleased() >= f.parked[0] {
				t.Errorf("%s: the ping was released before it came", name)
			}
			f.adopt(list("b"))
			f.up("b")
			want(t, name+": ping of a backend", f.ping(), "b")
			if got := f.lastReleased(); got < f.parked[0] {
				t.Errorf("%s: released up to %d, the ping is parked with %d", name, got, f.parked[0])
			}
		})
	}
}

// A ping in flight keeps no generation from draining.
func TestPing_HoldsNoGeneration(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a"))
		f.up("a")
		f.ping()
		f.adopt(list("b"))
		f.up("b")
		want(t, "generations drained", f.group.Stats().Drained, 1)
		want(t, "report", f.count(0), nothing)
	})
}

// gRPC may pick again for a ping because the connection was lost. It still counts as
// answered.
func TestPing_PickedAgain(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b"))
		f.up("a", "b")
		probe := NewProbe()
		info := balancer.PickInfo{FullMethodName: PingMethod, Ctx: WithProbe(t.Context(), probe)}
		for _, end := range []balancer.DoneInfo{{}, answer, {BytesSent: true}} {
			all := f.Updates()
			r, err := all[len(all)-1].Picker.Pick(info)
			if err != nil {
				t.Fatal(err)
			}
			r.Done(end)
		}
		want(t, "answered", (<-probe).Answered, true)
	})
}
