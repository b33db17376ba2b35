//go:build foreign

package foreign

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/lbserver"
)

// reportEvery is how often reports are asked for. C-core sends one a second at most.
const reportEvery = time.Second

// A balancerd is lbserver on a port, which can be stopped and started again there.
type balancerd struct {
	testing.TB
	*lbserver.Balancer
	network place
	addr    string // empty before the first start
	reports chan lbserver.Report
	options []grpc.ServerOption
	server  *grpc.Server // nil while it is stopped
	served  chan error
}

func newBalancer(t testing.TB, network place, options ...grpc.ServerOption) *balancerd {
	b := &balancerd{TB: t, network: network, options: options, reports: make(chan lbserver.Report, 10_000)}
	b.start(lbserver.Options{})
	t.Cleanup(b.stop)
	return b
}

// start starts it, as another process would: it knows no service.
func (b *balancerd) start(options lbserver.Options) {
	l, err := b.network.Listen(b.addr)
	if err != nil {
		b.Fatal(err)
	}
	b.addr = l.Addr().String()
	options.ReportInterval = reportEvery
	options.OnReport = func(r lbserver.Report) { b.reports <- r }
	b.Balancer = lbserver.New(options)
	b.server = grpc.NewServer(append(b.options, lbserver.KeepaliveEnforcement())...)
	b.Register(b.server)
	b.served = make(chan error, 1)
	go func(s *grpc.Server, served chan<- error) { served <- s.Serve(l) }(b.server, b.served)
}

// stop ends it, connections and all.
func (b *balancerd) stop() {
	if b.server == nil {
		return
	}
	b.Close()
	b.server.Stop()
	if err := <-b.served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		b.Error(err)
	}
	b.server = nil
}

// A sum is what reports add up to.
type sum struct {
	started, finished, failedToSend, known int64
	drops                                  map[string]int64
}

// heard waits for a report, so that a client is there and has been told the answer.
func (b *balancerd) heard() {
	b.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-b.reports:
	case <-limit.C:
		b.Fatalf("no report in %v", patience)
	}
}

// empty forgets the reports so far.
func (b *balancerd) empty() {
	for len(b.reports) > 0 {
		<-b.reports
	}
}

// collect adds up reports until so many calls have finished, or patience ends.
func (b *balancerd) collect(finished int64) sum { return b.collectFor(finished, patience) }

func (b *balancerd) collectFor(finished int64, most time.Duration) sum {
	total := sum{drops: map[string]int64{}}
	limit := time.NewTimer(most)
	defer limit.Stop()
	for total.finished < finished {
		select {
		case r := <-b.reports:
			total.add(r.Stats)
		case <-limit.C:
			return total
		}
	}
	return total
}

func (s *sum) add(stats *lbpb.ClientStats) {
	s.started += stats.NumCallsStarted
	s.finished += stats.NumCallsFinished
	s.failedToSend += stats.NumCallsFinishedWithClientFailedToSend
	s.known += stats.NumCallsFinishedKnownReceived
	for _, d := range stats.CallsFinishedWithDrop {
		s.drops[d.LoadBalanceToken] += d.NumCalls
	}
}
