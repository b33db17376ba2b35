package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
)

// callersCount is how many there are. Every fourth makes streaming calls.
const callersCount = 16

// A manner is how calls are made in a phase.
type manner struct {
	pace    time.Duration // between two calls of a caller; zero: no pause
	limit   time.Duration // the deadline of a call
	patient bool          // half of the callers' calls wait for a backend to be ready
}

// An outcome is how a call went.
type outcome struct {
	caller       int
	streaming    bool
	patient      bool
	began, ended time.Time
	deadline     time.Time
	server       string // address that it was sent to last; "" if to none
	list         int    // that it went by, if it was answered
	err          error
}

// callers are goroutines that make one call after the other.
type callers struct {
	cancel   context.CancelFunc
	outcomes chan outcome               // callers → player; closed when all have ended
	since    [callersCount]atomic.Int64 // when the call in flight began, unix nanoseconds; zero: none
}

// startCallers starts them on the channel.
func startCallers(conn *grpc.ClientConn, m manner) *callers {
	ctx, cancel := context.WithCancel(context.Background())
	c := &callers{cancel: cancel, outcomes: make(chan outcome, 4096)} // the player may be busy
	var running sync.WaitGroup
	for i := range callersCount {
		one := caller{i, m, testpb.NewTestServiceClient(conn), &c.since[i]}
		running.Go(func() { one.run(ctx, c.outcomes) })
	}
	go func() {
		running.Wait()
		close(c.outcomes)
	}()
	return c
}

// beganBefore reports whether a call is in flight that began before t.
func (c *callers) beganBefore(t time.Time) bool {
	for i := range c.since {
		if began := c.since[i].Load(); began != 0 && began < t.UnixNano() {
			return true
		}
	}
	return false
}

// A caller is one of them.
type caller struct {
	number int
	manner manner
	stub   testpb.TestServiceClient
	since  *atomic.Int64
}

// run makes calls until ctx is done. Calls are not cut short by that: it would
// look like a failure.
func (c caller) run(ctx context.Context, outcomes chan<- outcome) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		outcomes <- c.call(timer)
		if c.manner.pace == 0 {
			continue
		}
		timer.Reset(c.manner.pace)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
