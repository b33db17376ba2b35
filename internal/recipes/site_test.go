package recipes

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	_ "github.com/actorlb/grpclb" // the policy
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// service is what targets name. Channels of lbtest dial lbtest.Service.
const service = "service.example.com:443"

// rhythm is the time from call to call.
const rhythm = 50 * time.Millisecond

// A site is a balancer and backends. The token of backend n is "tn".
type site struct {
	*testing.T
	network  lbtest.Network
	balancer *lbserver.Balancer
	address  string // the balancer's
	second   string // that of a second one, if there is one
	backends []*backend
	reports  chan lbserver.Report
}

// A backend can be made to fail its calls. It answers with its number.
type backend struct {
	*lbtest.Backend
	failing atomic.Bool
}

// inBubble runs test with a site in memory, where waiting takes no time.
func inBubble(t *testing.T, backends int, test func(*site), options ...grpc.ServerOption) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, lbtest.NewMemory(), backends, options...)
		test(s)
	})
}

// newSite starts a balancer and so many backends, all of which are in its list. The
// options are those of the backends.
func newSite(t *testing.T, network lbtest.Network, backends int, options ...grpc.ServerOption) *site {
	s := &site{T: t, network: network, reports: make(chan lbserver.Report, 1000)}
	s.balancer = lbserver.New(lbserver.Options{
		ReportInterval: time.Second,
		OnReport:       func(r lbserver.Report) { s.reports <- r },
	})
	for n := range backends {
		b := &backend{}
		b.Backend = lbtest.NewBackend(t, network, n+1, append(slices.Clone(options), grpc.ChainUnaryInterceptor(b.intercept))...)
		s.backends = append(s.backends, b)
	}
	s.address = s.serve("", s.balancer.Register, lbserver.KeepaliveEnforcement())
	t.Cleanup(s.balancer.Close) // before the server stops, which waits for its calls
	s.list(s.all()...)
	return s
}

func (b *backend) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	answer, err := handle(ctx, request)
	if b.failing.Load() {
		return nil, status.Error(codes.Unavailable, "broken")
	}
	return answer, err
}

// serve starts a gRPC server and stops it when the test ends.
func (s *site) serve(address string, register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) string {
	l, err := s.network.Listen(address)
	if err != nil {
		s.Fatal(err)
	}
	server := grpc.NewServer(options...)
	register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	s.Cleanup(func() { server.Stop(); <-served })
	return l.Addr().String()
}

// all are the numbers of all backends.
func (s *site) all() (numbers []int) {
	for _, b := range s.backends {
		numbers = append(numbers, b.Number)
	}
	return numbers
}

// servers are the entries of these backends.
func (s *site) servers(numbers ...int) (servers []lbserver.Server) {
	for _, n := range numbers {
		servers = append(servers, lbserver.Server{Address: s.backends[n-1].Addr(), Token: fmt.Sprint("t", n)})
	}
	return servers
}

// list makes these backends the balancer's list.
func (s *site) list(numbers ...int) {
	s.Helper()
	for _, name := range []string{service, lbtest.Service} {
		if err := s.balancer.SetServers(name, s.servers(numbers...)); err != nil {
			s.Fatal(err)
		}
	}
}

// open opens a channel with a service config, which knows the balancer.
func (s *site) open(serviceConfig string, options ...grpc.DialOption) *lbtest.Channel {
	s.Helper()
	ch := lbtest.NewChannel(s.T, s.network, "", append(options, grpc.WithDefaultServiceConfig(serviceConfig))...)
	if err := ch.Resolve([]resolver.Address{{Addr: s.address}}); err != nil {
		s.Fatal(err)
	}
	return ch
}

// calls makes a call every 50 ms, for so long. Each may take a second. It returns how
// many were answered by each backend; 0 stands for those that failed. An answer with
// a token of another backend fails the test.
func (s *site) calls(ch *lbtest.Channel, during time.Duration) map[int]int {
	s.Helper()
	answers := make(chan lbtest.Answer, during/rhythm+1)
	var calls sync.WaitGroup
	for range cap(answers) - 1 {
		calls.Go(func() {
			answer, _ := s.call(ch, time.Second)
			answers <- answer
		})
		time.Sleep(rhythm)
	}
	calls.Wait()
	close(answers)
	by := map[int]int{}
	for a := range answers {
		if by[a.Backend]++; a.Backend != 0 && a.Token != fmt.Sprint("t", a.Backend) {
			s.Errorf("backend %d got the token %q", a.Backend, a.Token)
		}
	}
	return by
}

func (s *site) call(ch *lbtest.Channel, timeout time.Duration, options ...grpc.CallOption) (lbtest.Answer, error) {
	ctx, cancel := context.WithTimeout(s.Context(), timeout)
	defer cancel()
	return ch.Unary(metadata.AppendToOutgoingContext(ctx, "key", "value"), options...)
}

// reported waits for the next reports and adds up all that have come.
func (s *site) reported() (started, finished int64) {
	time.Sleep(2 * time.Second)
	for {
		select {
		case r := <-s.reports:
			started += r.Stats.NumCallsStarted
			finished += r.Stats.NumCallsFinished
		default:
			return started, finished
		}
	}
}

// sleep lets so much time of the bubble pass.
func (s *site) sleep(d time.Duration) { time.Sleep(d) }
