package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/rrgroup"
	"github.com/actorlb/grpclb/tokens"
)

// A describable is a channel of which only its picker is there.
type describable struct {
	grpc.ClientConnInterface
	parent *parent
}

// Invoke picks for the call, as gRPC would.
func (d describable) Invoke(ctx context.Context, method string, _, _ any, _ ...grpc.CallOption) error {
	_, err := d.parent.latest().Picker.Pick(balancer.PickInfo{FullMethodName: method, Ctx: ctx})
	return err
}

func (d describable) state() *grpclb.State {
	return must(grpclb.Describe(context.Background(), d))
}

// BenchmarkDescribe is the time that Describe takes for a policy with so many backends, all of
// them READY; cpu-ns/op is what the whole process uses for it. delay-ns is for how long the group
// lets another message wait meanwhile: the longest wait during a description. It is the least of
// many descriptions, since whatever else the machine does makes it longer only.
func BenchmarkDescribe(b *testing.B) {
	for _, size := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprintf("policy=ours/backends=%d", size), func(b *testing.B) {
			d, m := described(b, size), newMeter()
			m.begin()
			b.ResetTimer()
			for range b.N {
				d.state()
			}
			b.StopTimer()
			m.rest()
			m.stop()
			m.report(b, b.N)
			if size == 10_000 {
				b.ReportMetric(float64(delayOf(size).Nanoseconds()), "delay-ns")
			}
		})
	}
}

func described(t testing.TB, size int) describable {
	r := newWorld(t).start(ours(), size, servers(size, false), size)
	t.Cleanup(r.close)
	r.bringUp()
	return describable{parent: r.parent}
}

const (
	descriptions = 20 // how often a group is described to measure the delay
	questions    = 3  // how often it has to be asked meanwhile
)

// delayOf describes a group with so many READY backends, and asks it for something short in the
// meantime, again and again.
func delayOf(size int) time.Duration {
	p, actors := newParent(size), actor.NewGroup()
	defer actors.Stop()
	g := rrgroup.Start(actors, rrgroup.Options{Parent: p, Gate: nobody{}, Queue: nobody{},
		Settings: rrgroup.Settings{Linger: time.Second, Handover: time.Second}})
	complete := p.expect(size)
	g.Adopt(&rrgroup.Plan{List: tokens.Parse(&lbpb.ServerList{Servers: servers(size, false)}, nil), Stream: 1})
	<-complete
	for i := range p.made {
		p.made[i].report(connectivity.Ready)
	}
	for g.Tally().SubConns[connectivity.Ready] < size {
	}
	least := time.Hour
	for done := 0; done < descriptions; {
		over := make(chan struct{})
		go func() {
			defer close(over)
			g.State()
		}()
		if longest, asked := longestTally(g, over); asked >= questions {
			least = min(least, longest)
			done++
		}
	}
	return least
}

// longestTally asks for tallies until over is closed, and returns how long the slowest took, and
// how many it has asked for.
func longestTally(g *rrgroup.Group, over <-chan struct{}) (longest time.Duration, asked int) {
	for {
		start := time.Now()
		g.Tally()
		asked++
		longest = max(longest, time.Since(start))
		select {
		case <-over:
			return longest, asked
		default:
		}
	}
}

// nobody is a group's gate and queue where no call waits.
type nobody struct{}

func (nobody) Park(context.Context, uint64) error { return nil }
func (nobody) Released(uint64)                    {}
