package grpclb

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/actorlb/grpclb/rrgroup"
)

// Ping asks the next READY backend of a channel for a sign of life and returns
// how long it took to come. While no backend is READY it waits, as a call that
// is wait-for-ready does, and that time does not count; pings go round the
// backends in turns of their own, or to the one that a child policy picks.
//
// A ping is a call of a method that no server has, and any answer will do, also
// the usual one, UNIMPLEMENTED. It passes the channel's interceptors and carries
// its per-call credentials; it is never dropped, carries no LB token, and is in
// no load report. Of maxPendingPicks it takes a place while it waits.
//
// The error is that of the call if nothing came back: a gRPC status, which has
// the code DEADLINE_EXCEEDED or CANCELLED if ctx was done first, and UNAVAILABLE
// if the connection was lost. It is another one if the policy of the channel is
// not this one.
func Ping(ctx context.Context, cc grpc.ClientConnInterface) (time.Duration, error) {
	probe := rrgroup.NewProbe()
	err := cc.Invoke(rrgroup.WithProbe(ctx, probe), rrgroup.PingMethod,
		&emptypb.Empty{}, &emptypb.Empty{}, grpc.WaitForReady(true))
	select {
	case outcome := <-probe:
		if outcome.Answered {
			return outcome.RTT, nil
		}
	default:
		if err == nil || status.Code(err) == codes.Unimplemented {
			return 0, errForeign
		}
	}
	return 0, err
}

var errForeign = errors.New("grpclb: the policy of the channel is not grpclb, so the ping could not be measured")
