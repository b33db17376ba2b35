package observe

import (
	"context"
	"math/rand/v2"
	"time"

	orcapb "github.com/cncf/xds/go/xds/data/orca/v3"
	orcaservice "github.com/cncf/xds/go/xds/service/orca/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/grpclbd/internal/wait"
	"github.com/actorlb/grpclb/internal/delay"
)

// loadPace is the least time between two reports that are taken. A server is asked for one each
// interval, and may send more; flow control slows it down.
const loadPace = 100 * time.Millisecond

// readLoad is the goroutine that reads the ORCA stream. A server that has none is asked again
// when its weight would have expired: it may have been replaced by a newer one.
func (b *backend) readLoad(ctx context.Context) {
	told := false
	for failures := 0; ; failures++ {
		opened := time.Now()
		err := b.loadOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if lasted(opened) {
			failures = 0
		}
		pause := delay.After(reopening, failures, rand.Float64())
		if unimplemented(err) {
			pause = expiration
			if !told {
				told = true
				b.inbox.Send(unmeasured{"the server has no xds.service.orca.v3 service"})
			}
		}
		if !wait.For(ctx, pause) {
			return
		}
	}
}

// loadOnce opens a stream and passes on what it brings until it ends.
func (b *backend) loadOnce(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &orcaservice.OrcaLoadReportRequest{ReportInterval: durationpb.New(b.setup.load.Interval)}
	stream, err := orcaservice.NewOpenRcaServiceClient(b.conn).StreamCoreMetrics(ctx, request, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	b.letGo(ctx, cancel)
	for {
		r, err := stream.Recv()
		if err != nil {
			return err
		}
		b.inbox.Send(reported{figuresOf(r)})
		if !wait.For(ctx, loadPace) {
			return ctx.Err()
		}
	}
}

func figuresOf(r *orcapb.OrcaLoadReport) figures {
	return figures{
		qps:         r.GetRpsFractional(),
		eps:         r.GetEps(),
		application: r.GetApplicationUtilization(),
		cpu:         r.GetCpuUtilization(),
	}
}
