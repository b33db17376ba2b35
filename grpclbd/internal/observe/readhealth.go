package observe

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/wait"
	"github.com/actorlb/grpclb/internal/delay"
)

// reopening is the wait before a stream that ended is opened again. It also waits for the
// connection.
var reopening = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 30 * time.Second}

// lasted reports whether a stream was open for so long that the next one need not wait. One
// that the server ends at once, again and again, is not.
func lasted(opened time.Time) bool { return time.Since(opened) > 10*time.Second }

// readHealth is the goroutine that reads the Watch stream, so that a change is heard of at
// once. It ends if the server has no Watch. A stream that hangs does no harm: checks go on
// beside it.
func (b *backend) readHealth(ctx context.Context) {
	for failures := 0; ; failures++ {
		opened := time.Now()
		heard, err := b.watchOnce(ctx)
		if ctx.Err() != nil || unimplemented(err) {
			return
		}
		if heard {
			b.inbox.Send(broken{})
		}
		if lasted(opened) {
			failures = 0
		}
		if !wait.For(ctx, delay.After(reopening, failures, rand.Float64())) {
			return
		}
	}
}

// watchOnce opens a stream and passes on what it brings until it ends. It reports whether it
// brought anything.
func (b *backend) watchOnce(ctx context.Context) (heard bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &healthpb.HealthCheckRequest{Service: *b.setup.health.GRPC}
	stream, err := healthpb.NewHealthClient(b.conn).Watch(ctx, request, grpc.WaitForReady(true))
	if err != nil {
		return false, err
	}
	b.letGo(ctx, cancel)
	for {
		r, err := stream.Recv()
		if err != nil {
			return heard, err
		}
		heard = true
		b.inbox.Send(watched{b.said(r.GetStatus())})
		if !wait.For(ctx, pace) {
			return heard, ctx.Err()
		}
	}
}
