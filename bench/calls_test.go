package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

const (
	callers        = 8
	backendsCalled = 4
	turns          = 20
	turn           = 100 * time.Millisecond
	reportEvery    = 100 * time.Millisecond
)

// BenchmarkCalls is unary calls with empty messages over TCP on this machine,
// from eight goroutines over one channel to four backends, all in this process,
// with a load report every 100 ms. calls/s, p50-ns and p99-ns are the medians of
// short turns, which the policies take one after the other, each time in
// another order. It is measured once, for all policies, however many are asked
// for.
func BenchmarkCalls(b *testing.B) {
	policies := []string{"ours", "grpclb", "round_robin"}
	measured := sync.OnceValue(func() map[string][]speed { return measureCalls(b, policies) })
	for _, name := range policies {
		b.Run("policy="+name, func(b *testing.B) {
			of := func(f func(speed) float64) float64 {
				var all []float64
				for _, s := range measured()[name] {
					all = append(all, f(s))
				}
				return median(all)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(of(func(s speed) float64 { return s.rate }), "calls/s")
			b.ReportMetric(of(func(s speed) float64 { return float64(s.p50) }), "p50-ns")
			b.ReportMetric(of(func(s speed) float64 { return float64(s.p99) }), "p99-ns")
		})
	}
}

// A speed is what callers saw in a turn: calls a second, and how long a call took.
type speed struct {
	rate     float64
	p50, p99 time.Duration
}

// measureCalls has each policy take its turns.
func measureCalls(b *testing.B, policies []string) map[string][]speed {
	network := lbtest.NewLoopback()
	lb := lbtest.NewBalancer(b, network)
	var backends []string
	for range backendsCalled {
		backends = append(backends, promptBackend(b, network))
	}
	lines := make(map[string]*line)
	for _, p := range policies {
		lines[p] = connect(b, network, lb, p, backends)
	}
	speeds := make(map[string][]speed)
	for range turns {
		for _, p := range policies {
			speeds[p] = append(speeds[p], lines[p].turn())
		}
		policies = append(policies[1:], policies[0])
	}
	return speeds
}

// A prompt backend answers at once.
type prompt struct {
	testpb.UnimplementedTestServiceServer
}

func (prompt) UnaryCall(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{}, nil
}

// promptBackend starts one, which ends with the benchmark, and returns its address.
func promptBackend(b *testing.B, network lbtest.Network) string {
	l := must(network.Listen(""))
	s := grpc.NewServer()
	testpb.RegisterTestServiceServer(s, prompt{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	b.Cleanup(func() {
		s.Stop()
		<-served
	})
	return l.Addr().String()
}

// A channel makes its policy by name, and grpclb is the peer's.
const nameOfOurs = "grpclb_ours"

func init() { balancer.Register(grpclb.NewBuilder(grpclb.WithName(nameOfOurs))) }

// A line is a channel with a policy, and calls over it.
type line struct {
	b      *testing.B
	client testpb.TestServiceClient
	times  [callers][]time.Duration
}

// connect makes a channel whose backends are READY.
func connect(b *testing.B, network lbtest.Network, lb *lbtest.Balancer, policy string, backends []string) *line {
	name := map[string]string{"ours": nameOfOurs}[policy]
	if name == "" {
		name = policy
	}
	c := lbtest.NewChannel(b, network, "", grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]}`, name)))
	if policy == "round_robin" {
		must(0, c.Resolve(nil, backends...))
	} else {
		must(0, c.Resolve([]resolver.Address{lb.Address()}))
		call := lb.Next()
		call.Initial(reportEvery)
		var list []*lbpb.Server
		for i, addr := range backends {
			list = append(list, lbtest.Server(addr, fmt.Sprintf("token-%d", i)))
		}
		call.Send(message(list))
	}
	l := &line{b: b, client: testpb.NewTestServiceClient(c.CC)}
	l.turn() // until all are READY, and then some
	return l
}

// turn has the callers call.
func (l *line) turn() speed {
	start := time.Now()
	var all sync.WaitGroup
	for i := range l.times {
		all.Go(func() {
			l.times[i] = l.times[i][:0]
			for time.Since(start) < turn {
				began := time.Now()
				if _, err := l.client.UnaryCall(context.Background(), &testpb.SimpleRequest{}, grpc.WaitForReady(true)); err != nil {
					l.b.Error(err)
				}
				l.times[i] = append(l.times[i], time.Since(began))
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	times := slices.Concat(l.times[:]...)
	slices.Sort(times)
	return speed{float64(len(times)) / took.Seconds(), times[len(times)/2], times[len(times)*99/100]}
}
