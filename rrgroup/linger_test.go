package rrgroup

import (
	"testing"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// Two lists that come in turn, at a pace at which nothing lingers to its end:
// what is kept of them does not grow with their number.
func TestHandover_LingerOfManyLists(t *testing.T) {
	e := newEnsemble(Settings{Linger: time.Hour, Handover: time.Second})
	for i := range 2000 {
		plan := []*Plan{list("a b c d"), list("e f g h")}[i%2]
		e.core.adopt(plan, e.now, 0)
		e.twin.adopt(plan, e.now, &e.core.pool)
		for settled := 0; settled < 2; settled++ {
			if err := e.settle(); err != nil {
				t.Fatal(err)
			}
			for _, c := range e.conns {
				if c.state != connectivity.Ready {
					e.twin.report(c, connectivity.Ready)
					e.core.reported(c, balancer.SubConnState{ConnectivityState: connectivity.Ready})
				}
			}
			e.tell()
			e.now = e.now.Add(time.Millisecond)
		}
	}
	want(t, "generations", e.core.adopted, 2000)
	want(t, "SubConns", len(e.core.pool.all()), 8)
	if e.core.pool.names > 16 || len(e.core.pool.leaving) > 16 {
		t.Errorf("%d sets of %d SubConns in all are kept", len(e.core.pool.leaving), e.core.pool.names)
	}
}
