package hostile

import (
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/grpclog"

	"github.com/actorlb/grpclb"
)

// The name of a policy that takes no longer messages from a balancer than this.
const (
	strict     = "grpclb-strict"
	strictSize = 64 * kib
)

// The policy of the channels here is the one that importing the package
// registers, except that what it does to gRPC is counted, and what it logs.
func TestMain(m *testing.M) {
	grpclog.SetLoggerV2(recorder{})
	balancer.Register(counting{grpclb.NewBuilder()})
	balancer.Register(counting{grpclb.NewBuilder(grpclb.WithName(strict), grpclb.WithBalancerDialOptions(
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(strictSize))))})
	goleak.VerifyTestMain(m)
}
