package recipes

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbresolver"
	"github.com/actorlb/grpclb/lbserver"
)

const retries = `
{"methodConfig": [
	{"name": [{}], "timeout": "5s"},
	{
		"name": [{"service": "grpc.testing.TestService", "method": "UnaryCall"}],
		"timeout": "1s",
		"retryPolicy": {
			"maxAttempts": 3,
			"initialBackoff": "0.01s",
			"maxBackoff": "0.1s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE"]
		}
	}
]}
`

// dial makes a channel with this service config.
func dial(target, serviceConfig string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	builder := lbresolver.NewBuilder(lbresolver.WithServiceConfig(serviceConfig))
	return grpc.NewClient(target, append(options, grpc.WithResolvers(builder))...)
}

// target names the balancer. The service has no addresses to fall back to.
const target = "grpclb://lb-1.example.com:8080/service.example.com:443"

// plain are credentials for tests only.
var plain = grpc.WithTransportCredentials(insecure.NewCredentials())

// A call that fails is tried at the next backend. What a balancer drops is not tried
// again. A report counts each attempt.
func TestRetries(t *testing.T) {
	s := newSite(t, lbtest.NewLoopback(), 2)
	s.backends[0].failing.Store(true)
	client := s.dial(target, retries)
	for range 20 {
		if _, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{}); err != nil {
			t.Error(err)
		}
	}
	if a, b := s.backends[0].Calls(), s.backends[1].Calls(); a < 9 || b != 20 {
		t.Errorf("of 20 calls backend 1 failed %d, and backend 2 answered %d", a, b)
	}
	var reported int64
	for reported < int64(s.backends[0].Calls()+s.backends[1].Calls()) {
		reported += (<-s.reports).Stats.NumCallsFinished
	}
	s.backends[1].Hold()
	begin := time.Now()
	_, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{})
	if took := time.Since(begin); status.Code(err) != codes.DeadlineExceeded || took > 4*time.Second {
		t.Errorf("a call with a timeout of 1s ends with %v after %v", err, took)
	}
	s.backends[1].Release()
}

// What a balancer drops is not tried again.
func TestRetries_Drop(t *testing.T) {
	s := newSite(t, lbtest.NewLoopback(), 1)
	if err := s.balancer.SetServers(service, []lbserver.Server{{Drop: true, Token: "drop"}}); err != nil {
		t.Fatal(err)
	}
	client := s.dial(target, retries)
	for range 10 {
		if _, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{}); status.Code(err) != codes.Unavailable {
			t.Errorf("a call ends with %v", err)
		}
	}
	var dropped int64
	for dropped < 10 {
		for _, d := range (<-s.reports).Stats.CallsFinishedWithDrop {
			dropped += d.NumCalls
		}
	}
	if dropped != 10 {
		t.Errorf("10 calls were dropped %d times", dropped)
	}
}

// dial makes a channel for a target without parameters or with some. Its names are looked
// up at a DNS server of the test.
func (s *site) dial(target, serviceConfig string, options ...grpc.DialOption) testpb.TestServiceClient {
	dns, err := dnstest.Start()
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(dns.Close)
	dns.Set("lb-1.example.com", dnstest.Host("192.0.2.1"))
	dns.Set("lb-2.example.com", dnstest.Host("192.0.2.2"))
	separator := "?"
	if strings.Contains(target, "?") {
		separator = "&"
	}
	options = append([]grpc.DialOption{plain, grpc.WithContextDialer(s.reach)}, options...)
	cc, err := dial(target+separator+"dns="+dns.Addr(), serviceConfig, options...)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { cc.Close() })
	return testpb.NewTestServiceClient(cc)
}

// reach dials the balancers in the place of lb-1.example.com and lb-2.example.com.
func (s *site) reach(ctx context.Context, address string) (net.Conn, error) {
	switch address {
	case "192.0.2.1:8080":
		address = s.address
	case "192.0.2.2:8080":
		address = s.second
	}
	return s.network.Dial(ctx, address)
}
