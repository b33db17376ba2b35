package otel

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/stats/opentelemetry"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/internal/otel/promcheck"
	"github.com/actorlb/grpclb/lbserver"
)

// A watched program has a channel with two backends and calls, and Prometheus scrapes it.
type watched struct {
	*pipeline
	*lbtest.Channel
	t        *testing.T
	lb       *lbserver.Balancer
	server   *grpc.Server      // of lb
	backends []*lbtest.Backend // the third one is for fallback
	record   promcheck.Recording
	at       time.Duration
}

func watch(t *testing.T, config string) *watched {
	n := lbtest.NewMemory()
	w := &watched{pipeline: newPipeline(t), t: t, lb: lbserver.New(lbserver.Options{}), server: grpc.NewServer(lbserver.KeepaliveEnforcement())}
	l, err := n.Listen("10.0.9.9:443")
	if err != nil {
		t.Fatal(err)
	}
	w.lb.Register(w.server)
	go func() { _ = w.server.Serve(l) }()
	t.Cleanup(func() { w.lb.Close(); w.server.Stop() })
	for i := range 3 {
		w.backends = append(w.backends, lbtest.NewBackend(t, n, i+1))
	}
	w.set(w.entry(0), w.entry(1))
	w.Channel = lbtest.NewChannel(t, n, config, opentelemetry.DialOption(opentelemetry.Options{
		MetricsOptions: opentelemetry.MetricsOptions{MeterProvider: w.provider},
	}))
	if err := w.Resolve([]resolver.Address{{Addr: "10.0.9.9:443"}}, w.backends[2].Addr()); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Minute)
	return w
}

func (w *watched) entry(i int) lbserver.Server { return lbserver.Server{Address: w.backends[i].Addr()} }

func (w *watched) set(list ...lbserver.Server) {
	if err := w.lb.SetServers(lbtest.Service, list); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) fallback() {
	if err := w.lb.SetFallback(lbtest.Service); err != nil {
		w.t.Fatal(err)
	}
}

// pass lets time pass, in which there are calls and the program is scraped.
func (w *watched) pass(d time.Duration) {
	for end := w.at + d; w.at < end; w.at += 30 * time.Second {
		for range 20 {
			go func() {
				ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
				defer cancel()
				_, _ = w.Unary(ctx)
			}()
		}
		time.Sleep(30 * time.Second)
		w.record.Scrape(w.t, w.at, "program", w.page(w.t))
	}
}

// Each alert for clients fires when it should and at no other time, for a channel that is scraped every 30 s.
func TestAlerts_Clients(t *testing.T) {
	rules := promcheck.ReadRules(t, docs+"alerts.yaml", ofClients(t))
	rules.Documented(t, docs+"operating.md")
	scene := func(name, config string, happens func(w *watched), want ...string) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, config)
				happens(w)
				rules.Fires(t, &w.record, want...)
			})
		})
	}
	scene("all is well", "{}", func(w *watched) {
		w.pass(20 * time.Minute)
		w.Close()
		w.pass(10 * time.Minute)
	})
	scene("what the dashboard shows", "{}", func(w *watched) {
		w.set(w.entry(0), lbserver.Server{Drop: true, Token: "shed"})
		w.pass(30 * time.Second)
		w.lb.Remove(lbtest.Service) // the stream ends with NOT_FOUND
		w.pass(2 * time.Minute)
		promcheck.Shows(w.t, docs+"grafana.json", &w.record)
	})
	scene("short troubles", "{}", func(w *watched) {
		w.fallback()
		w.pass(4 * time.Minute)
		w.set(w.entry(0))
		w.pass(2 * time.Minute)
		w.backends[0].Stop()
		w.pass(time.Minute)
		w.backends[0].Restart()
		w.pass(10 * time.Minute)
	})
	scene("fallback", "{}", func(w *watched) {
		w.fallback()
		w.pass(7 * time.Minute)
	}, "GrpclbClientInFallback")
	scene("no balancer", "{}", func(w *watched) {
		w.server.Stop()
		w.pass(7 * time.Minute)
	}, "GrpclbClientsOutOfContact")
	scene("backends that are down", "{}", func(w *watched) {
		for _, b := range w.backends[:2] {
			b.Stop()
		}
		w.pass(5 * time.Minute)
	}, "GrpclbBackendsNotReady")
	scene("an empty list", "{}", func(w *watched) {
		w.set()
		synctest.Wait()
		for range 101 {
			go func() { _, _ = w.Unary(w.t.Context()) }()
		}
		w.pass(3 * time.Minute)
	}, "GrpclbCallsWait")
	scene("too many calls wait", `{"maxPendingPicks":1}`, func(w *watched) {
		w.set()
		w.pass(3 * time.Minute)
	}, "GrpclbCallsWait")
	scene("drops", "{}", func(w *watched) {
		w.set(w.entry(0), lbserver.Server{Drop: true, Token: "shed"})
		w.pass(12 * time.Minute)
	}, "GrpclbCallsDropped")
	rules.AllFired(t)
}
