package hostile

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// A call in flight keeps of its list what it needs, and not all of it.
func TestSecure_Hostile_CallsHoldLittle(t *testing.T) {
	const lists, entries = 20, 10_000
	attack(t, bounds{heap: 2 * mib, pickers: lists + 1}, func(v *victim) {
		c := v.trusting()
		for i := range lists {
			c.List(listOf(entries, func(int) *lbpb.Server { return v.entry(fmt.Sprint(i)) })...)
			synctest.Wait()
			talk, err := v.ch.Converse(v.Context())
			if err != nil {
				t.Fatal(err)
			}
			v.Cleanup(func() { talk.End() })
		}
		c.List(v.good()...)
		v.servedFor(10*time.Second, listed)
	})
}
