package otel

import (
	"context"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/actorlb/grpclb/internal/otel/promcheck"
	"github.com/actorlb/grpclb/lbserver"
)

// panics is how many calls a report has at which the hook panics.
const panics = 666

// A watched balancer has twelve clients that report calls, and Prometheus scrapes it.
type watchedBalancer struct {
	*pipeline
	*lbserver.Balancer
	t       *testing.T
	cc      *grpc.ClientConn
	clients []guest
	calls   *lbpb.ClientStats // of each client in half a minute
	record  promcheck.Recording
	at      time.Duration
}

// A guest is a client's stream.
type guest struct {
	lbpb.LoadBalancer_BalanceLoadClient
	leave func()
}

func watchBalancer(t *testing.T) *watchedBalancer {
	b := lbserver.New(lbserver.Options{OnReport: func(r lbserver.Report) {
		if r.Stats.GetNumCallsStarted() == panics {
			panic("a fault of the hook")
		}
	}})
	s, l := grpc.NewServer(), bufconn.Listen(1<<16)
	b.Register(s)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { b.Close(); s.Stop() })
	w := &watchedBalancer{
		pipeline: &pipeline{registry: prometheus.NewRegistry()}, Balancer: b, t: t,
		calls: &lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100, NumCallsFinishedKnownReceived: 100},
	}
	w.registry.MustRegister(collector{b})
	w.set(1)
	var err error
	w.cc, err = grpc.NewClient("passthrough:///balancer", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(1<<16), // else it grows, and a client that does not read gets all that it is sent
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.cc.Close() })
	for range 12 {
		c := w.ask("greeter")
		go func() {
			for _, err := c.Recv(); err == nil; _, err = c.Recv() {
			}
		}()
		w.clients = append(w.clients, c)
	}
	w.pass(15 * time.Minute)
	return w
}

// set sets a list of so many servers, and a drop.
func (w *watchedBalancer) set(servers int) {
	list := []lbserver.Server{{Drop: true, Token: "shed"}}
	for i := range servers {
		list = append(list, lbserver.Server{Address: fmt.Sprintf("10.0.%d.%d:443", i/250, i%250), Token: "a token that is not short"})
	}
	if err := w.SetServers("greeter", list); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watchedBalancer) ask(service string) guest {
	ctx, leave := context.WithCancel(w.t.Context())
	c, err := lbpb.NewLoadBalancerClient(w.cc).BalanceLoad(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = c.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
	}})
	return guest{c, leave}
}

// pass lets time pass, in which clients report and the program is scraped.
func (w *watchedBalancer) pass(d time.Duration) {
	for end := w.at + d; w.at < end; w.at += 30 * time.Second {
		for _, c := range w.clients {
			_ = c.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{ClientStats: w.calls}})
		}
		time.Sleep(30 * time.Second)
		w.record.Scrape(w.t, w.at, "balancer", w.page(w.t))
	}
}

// Each alert for a balancer fires when it should and at no other time, for a balancer that is scraped every 30 s.
func TestAlerts_Balancer(t *testing.T) {
	rules := promcheck.ReadRules(t, docs+"alerts-balancer.yaml", ofBalancer(t))
	rules.Documented(t, docs+"operating.md")
	scene := func(name string, happens func(w *watchedBalancer), want ...string) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watchBalancer(t)
				happens(w)
				rules.Fires(t, &w.record, want...)
			})
		})
	}
	scene("all is well", func(w *watchedBalancer) {
		w.set(3)
		w.clients[0].leave()
		w.ask("unknown")
		w.pass(20 * time.Minute)
		promcheck.Shows(w.t, docs+"grafana-balancer.json", &w.record)
	})
	scene("no servers", func(w *watchedBalancer) {
		w.set(0)
		w.pass(2 * time.Minute)
	}, "GrpclbBalancerListEmpty")
	scene("fallback", func(w *watchedBalancer) {
		if err := w.SetFallback("greeter"); err != nil {
			w.t.Fatal(err)
		}
		w.pass(17 * time.Minute)
	}, "GrpclbBalancerFallback")
	scene("clients that read nothing", func(w *watchedBalancer) {
		for range 3 {
			w.ask("greeter")
		}
		for i := range 10 {
			w.set(5000 + i)
			w.pass(30 * time.Second)
		}
	}, "GrpclbBalancerClientsBehind")
	scene("clients that vanish", func(w *watchedBalancer) {
		for _, c := range w.clients[:7] {
			c.leave()
		}
		w.pass(4 * time.Minute)
	}, "GrpclbBalancerClientsLost")
	scene("a wrong name", func(w *watchedBalancer) {
		for range 25 {
			for range 5 {
				w.ask("greeter:443")
			}
			w.pass(30 * time.Second)
		}
	}, "GrpclbBalancerClientsRefused")
	scene("a hook that panics", func(w *watchedBalancer) {
		c := w.ask("greeter")
		_ = c.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
			ClientStats: &lbpb.ClientStats{NumCallsStarted: panics},
		}})
		w.pass(time.Minute)
	}, "GrpclbBalancerPanics")
	scene("calls that can't be sent", func(w *watchedBalancer) {
		w.calls = &lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100, NumCallsFinishedWithClientFailedToSend: 2}
		w.pass(8 * time.Minute)
	}, "GrpclbBalancerCallsUnsent")
	scene("drops", func(w *watchedBalancer) {
		w.calls = &lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100, CallsFinishedWithDrop: []*lbpb.ClientStatsPerToken{
			{LoadBalanceToken: "shed", NumCalls: 5},
		}}
		w.pass(15 * time.Minute)
	}, "GrpclbBalancerCallsDropped")
	rules.AllFired(t)
}
