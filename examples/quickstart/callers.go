package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

// dropText is in the status message of dropped calls. Calls to a backend that can't be reached
// have the same code, UNAVAILABLE, but not this text.
const dropText = "has this call dropped"

// A load is how many callers there are, the time between two calls of one of
// them, how long a call may take, and how many calls are counted in each phase.
type load struct {
	callers int
	every   time.Duration
	limit   time.Duration // a call takes a millisecond; one that waits for a list or a backend, longer
	calls   int
}

// An outcome is how a call went.
type outcome struct {
	backend      int    // that answered, or dropped
	list         string // the token that it saw; see goal.list
	err          error  // of a call that failed and was not dropped
	began, ended time.Time
}

// callers are goroutines that make one call after the other.
type callers struct {
	outcomes chan outcome // callers → tally; closed when all have ended
	cancel   context.CancelFunc
	running  *sync.WaitGroup
}

// startCallers starts l.callers of them on the channel.
func startCallers(cc *grpc.ClientConn, l load) callers {
	ctx, cancel := context.WithCancel(context.Background())
	c := callers{outcomes: make(chan outcome), cancel: cancel, running: new(sync.WaitGroup)}
	client := testpb.NewTestServiceClient(cc)
	for range l.callers {
		c.running.Go(func() { callSteadily(ctx, client, l, c.outcomes) })
	}
	return c
}

// stop returns when every caller has finished its last call and handed over
// its outcome.
func (c callers) stop() {
	c.cancel()
	c.running.Wait()
	close(c.outcomes)
}

// callSteadily makes a call at each tick, until ctx is done. Ticks that come during a call are left
// out.
func callSteadily(ctx context.Context, client testpb.TestServiceClient, l load, outcomes chan<- outcome) {
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			outcomes <- call(client, l.limit)
		}
	}
}

// call makes one call. It is not cancelled when the callers stop, because that would look like a
// failure.
func call(client testpb.TestServiceClient, limit time.Duration) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	o := outcome{began: time.Now()}
	answer, err := client.UnaryCall(ctx, &testpb.SimpleRequest{})
	o.ended = time.Now()
	switch {
	case err == nil:
		o.backend, o.list, o.err = readAnswer(answer)
	case status.Code(err) == codes.Unavailable && strings.Contains(err.Error(), dropText):
		o.backend = dropped
	default:
		o.err = err
	}
	return o
}
