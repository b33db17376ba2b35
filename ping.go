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

// Ping sends a call to the next READY backend of a channel and returns the round-trip time.
// It waits until a backend is READY, as a wait-for-ready call does; that time is not
// included. Pings take turns of their own round the backends; a child policy picks for them
// too.
//
// A ping is a call of a method that no server has. Any answer counts, also the usual one,
// UNIMPLEMENTED. A ping passes the channel's interceptors and has its per-call credentials. It is
// never dropped, has no LB token, and is in no load report. While it waits, maxPendingPicks
// counts it.
//
// If no answer comes, the error is that of the call: its code is DEADLINE_EXCEEDED or CANCELLED
// if ctx was done first, and UNAVAILABLE if the connection was lost. If the channel's policy is
// not this one, Ping returns an error without a code.
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
