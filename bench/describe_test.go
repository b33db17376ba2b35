package bench

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb"
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
// them READY.
func BenchmarkDescribe(b *testing.B) {
	for _, size := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprintf("backends=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			d := described(b, size)
			for b.Loop() {
				d.state()
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
