package bench

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A line is a channel with a policy, and calls over it.
type line struct {
	t      testing.TB
	client testpb.TestServiceClient
	call   *lbtest.Call // nil if the policy makes none
	times  [callers][]time.Duration
}

var request = &testpb.SimpleRequest{}

// one makes a call and returns how long it took.
func (l *line) one() time.Duration {
	start := time.Now()
	if _, err := l.client.UnaryCall(context.Background(), request, grpc.WaitForReady(true)); err != nil {
		l.t.Error(err)
	}
	return time.Since(start)
}

// turn has the callers call for d.
func (l *line) turn(d time.Duration) speed {
	start := time.Now()
	end := start.Add(d)
	var all sync.WaitGroup
	for i := range l.times {
		all.Go(func() { l.times[i] = l.until(end, l.times[i][:0]) })
	}
	all.Wait()
	took := time.Since(start)
	times := slices.Concat(l.times[:]...)
	slices.Sort(times)
	return speed{
		rate: float64(len(times)) / took.Seconds(),
		p50:  times[len(times)/2],
		p99:  times[len(times)*99/100],
	}
}

// until calls until end and appends to times how long each call took.
func (l *line) until(end time.Time, times []time.Duration) []time.Duration {
	for ok := true; ok; ok = time.Now().Before(end) {
		times = append(times, l.one())
	}
	return times
}
