package lbresolver

import (
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/resolver/dns"
)

func TestMain(m *testing.M) {
	// For the tests that have the service's addresses change.
	dns.SetMinResolutionInterval(time.Millisecond)
	goleak.VerifyTestMain(m)
}
