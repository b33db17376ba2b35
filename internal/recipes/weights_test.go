package recipes

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/balancer/weightedroundrobin"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/orca"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

const weightedRoundRobin = `
{"loadBalancingConfig": [{"grpclb": {"childPolicy": [{"weighted_round_robin": {}}]}}]}
`

const weightedRoundRobinOutOfBand = `
{"loadBalancingConfig": [{"grpclb": {"childPolicy": [{"weighted_round_robin": {"enableOobLoadReport": true}}]}}]}
`

// newServer returns a backend's server that tells clients its load.
func newServer() (*grpc.Server, orca.ServerMetricsRecorder, error) {
	load := orca.NewServerMetricsRecorder()
	s := grpc.NewServer(orca.CallMetricsServerOption(load), grpc.ChainUnaryInterceptor(withLoad))
	err := orca.Register(s, orca.ServiceOptions{ServerMetricsProvider: load})
	return s, load, err
}

// withLoad has the load sent with the answer. gRPC sends none unless the call's recorder was asked for.
func withLoad(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	orca.CallMetricsRecorderFromContext(ctx)
	return handle(ctx, request)
}

// measured tells the load of a backend, again and again: QPS is calls in a second.
func measured(load orca.ServerMetricsRecorder, qps, utilization float64) {
	load.SetQPS(qps)
	load.SetApplicationUtilization(utilization) // 1 is all that it can do
}

// A busy backend gets fewer calls: QPS ÷ utilization is its weight.
func TestWeightedRoundRobin(t *testing.T) {
	for name, config := range map[string]string{"with answers": weightedRoundRobin, "out of band": weightedRoundRobinOutOfBand} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 0, func(s *site) {
				var servers []lbserver.Server
				for n, utilization := range []float64{0.9, 0.3, 0.3} {
					servers = append(servers, lbserver.Server{Address: s.weighed(n+1, 100, utilization), Token: fmt.Sprint("t", n+1)})
				}
				if err := s.balancer.SetServers(lbtest.Service, servers); err != nil {
					t.Fatal(err)
				}
				ch := s.open(config)
				first := s.calls(ch, 5*time.Second)
				s.sleep(time.Minute)
				s.calls(ch, 11*time.Second)
				if by := s.calls(ch, 7*time.Second); by[1] < 18 || by[1] > 22 || by[0] > 0 {
					t.Errorf("first %v, then %v, want a seventh of 140 to backend 1", first, by)
				}
				if started, finished := s.reported(); started != 460 || finished != 460 {
					t.Errorf("reported are %d calls started and %d finished, of 460", started, finished)
				}
			})
		})
	}
}

// weighed starts a backend that has this load, and returns its address.
func (s *site) weighed(number int, qps, utilization float64) string {
	server, load, err := newServer()
	if err != nil {
		s.Fatal(err)
	}
	measured(load, qps, utilization)
	testpb.RegisterTestServiceServer(server, answering{number: number})
	l, err := s.network.Listen("")
	if err != nil {
		s.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	s.Cleanup(func() { server.Stop(); <-served })
	return l.Addr().String()
}

// answering answers as lbtest.Backend does.
type answering struct {
	testpb.UnimplementedTestServiceServer
	number int
}

func (s answering) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	tokens := metadata.ValueFromIncomingContext(ctx, "lb-token")
	return &testpb.SimpleResponse{Payload: &testpb.Payload{Body: fmt.Appendf(nil, "%d %s", s.number, tokens[len(tokens)-1])}}, nil
}
