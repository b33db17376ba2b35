package grpclb_test

import (
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"

	"github.com/actorlb/grpclb"
)

// zonedName is a policy that tells balancers where the client is.
const zonedName = "grpclb_zoned"

func init() {
	balancer.Register(grpclb.NewBuilder(
		grpclb.WithName(zonedName),
		grpclb.WithBalancerHeaders("zone", "z1", "client", "c7"),
		grpclb.WithBalancerHeaders("rack", "r2"),
	))
}

// The headers go with each stream to the balancer.
func TestStream_Headers(t *testing.T) {
	zoned := grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, zonedName))
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		w.resolve()
		for range 2 {
			c := w.lb.Next()
			same(w, "zone, client, rack", fmt.Sprint(c.MD().Get("zone"), c.MD().Get("client"), c.MD().Get("rack")), "[z1] [c7] [r2]")
			w.send(c, b[0])
			w.served(b[0].Number)
			c.HangUp(nil)
		}
	}, zoned)
}

// Headers are pairs; half a pair is noticed when the program starts.
func TestStream_Headers_Odd(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a header without a value is taken")
		}
	}()
	for n := range 2 {
		grpclb.NewBuilder(grpclb.WithBalancerHeaders([]string{"zone", "z1"}[n:]...))
	}
}
