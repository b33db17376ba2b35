package grpclb_test

import (
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/grpclog"

	_ "github.com/actorlb/grpclb" // the policy under test
)

func TestMain(m *testing.M) {
	grpclog.SetLoggerV2(newLogTap())
	goleak.VerifyTestMain(m)
}
