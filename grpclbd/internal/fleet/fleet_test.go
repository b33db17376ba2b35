package fleet

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/observe"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/source"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// A house is a fleet with a real balancer and a network in memory. The test plays the sources
// and the watcher.
type house struct {
	t        *testing.T
	fleet    *Fleet
	balancer *lbserver.Balancer
	network  lbtest.Network
	address  string
	sources  chan started // in the order in which they were started
	watchers chan *watcher
	ready    chan string
	stops    chan string
}

// A started source.
type started struct {
	cfg   config.Source
	index int
	owner source.Owner
	stops chan<- string
}

func (s started) Stop() { s.stops <- fmt.Sprint("source ", s.index) }

func (s started) says(backends ...backend.Backend) {
	if backends == nil {
		backends = []backend.Backend{}
	}
	s.owner.SourceSaid(s.index, backend.Report{Backends: backends, At: time.Now()})
}

// A watcher is what the fleet has started to observe backends.
type watcher struct {
	owner   observe.Owner
	watches chan []string
	stops   chan<- string
}

func (w *watcher) Watch(addresses []string) { w.watches <- addresses }
func (w *watcher) Stop()                    { w.stops <- "watcher" }

func (w *watcher) says(address string, healthy bool) {
	w.owner.HealthSaid([]observe.Health{{Address: address, Healthy: healthy, Since: time.Now(), Why: "timeout"}})
}

func (h *house) FleetReady(service string) { h.ready <- service }

func (h *house) StartSource(cfg config.Source, index int, owner source.Owner) Source {
	s := started{cfg, index, owner, h.stops}
	h.sources <- s
	return s
}

func (h *house) StartWatcher(_ *config.Health, _ *config.Load, owner observe.Owner) Watcher {
	w := &watcher{owner, make(chan []string, 100), h.stops}
	h.watchers <- w
	return w
}

// newHouse must be called in a bubble.
func newHouse(t *testing.T, cfg config.Service) *house {
	h := &house{t: t, network: lbtest.NewMemory(), sources: make(chan started, 100), watchers: make(chan *watcher, 100), ready: make(chan string, 100), stops: make(chan string, 100)}
	if cfg.Sources == nil {
		cfg.Sources = []config.Source{{DNS: "one"}}
	}
	if cfg.Guard == (config.Guard{}) {
		cfg.Guard = guard
	}
	cfg.Name = "svc"
	h.balancer = lbserver.New(lbserver.Options{
		Authorize: func(ctx context.Context, c lbserver.Client) error { return h.fleet.Admit(ctx, c) },
		Classify:  func(c lbserver.Client) string { return h.fleet.Classify(c) },
		OnBegin:   func(c lbserver.Client) { h.fleet.Began(c) },
		OnEnd:     func(c lbserver.Client, _ error) { h.fleet.Ended(c) },
		OnReport:  func(r lbserver.Report) { h.fleet.Reported(r) },
	})
	h.fleet = Start(cfg, slow{h.balancer}, Deps{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Owner: h, Sources: h, Watchers: h})
	h.serve()
	return h
}

func (h *house) serve() {
	server := grpc.NewServer()
	h.balancer.Register(server)
	l, err := h.network.Listen("")
	if err != nil {
		h.t.Fatal(err)
	}
	h.address = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	h.t.Cleanup(func() {
		h.balancer.Close()
		h.fleet.Stop()
		server.Stop()
		<-served
	})
}

// Slow is a balancer that takes a millisecond for each list: who depends on a list that is not
// set yet is seen to do so.
type slow struct{ *lbserver.Balancer }

func (s slow) SetServersFor(service, class string, servers []lbserver.Server) error {
	time.Sleep(time.Millisecond)
	return s.Balancer.SetServersFor(service, class, servers)
}

// A guest is a client of the balancer.
type guest struct {
	t      *testing.T
	stream grpc.BidiStreamingClient[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]
	leave  context.CancelFunc
}

func (h *house) guest(headers ...string) *guest {
	h.t.Helper()
	cc, err := grpc.NewClient("passthrough:///"+h.address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return h.network.Dial(ctx, address) }))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { cc.Close() })
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(context.Background(), headers...))
	h.t.Cleanup(cancel)
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	g := &guest{h.t, stream, cancel}
	g.says(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: "svc"},
	}})
	return g
}

func (g *guest) says(m *lbpb.LoadBalanceRequest) {
	if err := g.stream.Send(m); err != nil {
		g.t.Error(err)
	}
}

// next returns the next answer: backends with their tokens, "fallback", or how the stream ended.
func (g *guest) next() string {
	for {
		m, err := g.stream.Recv()
		switch {
		case err != nil:
			return status.Code(err).String()
		case m.GetFallbackResponse() != nil:
			return "fallback"
		case m.GetServerList() != nil:
			return inList(m.GetServerList())
		}
	}
}

func inList(l *lbpb.ServerList) string {
	var words []string
	for _, s := range l.Servers {
		if s.Drop {
			words = append(words, "drop "+s.LoadBalanceToken)
			continue
		}
		words = append(words, fmt.Sprintf("%v:%d", net.IP(s.IpAddress), s.Port))
	}
	return strings.Join(words, " ")
}

func (g *guest) wants(answer string) {
	g.t.Helper()
	if got := g.next(); got != answer {
		g.t.Errorf("the client got %s, want %s", got, answer)
	}
}

func at(n int, special ...string) backend.Backend {
	return be(fmt.Sprintf("10.0.0.%d:80", n), special...)
}

func TestFleet_WholePipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, config.Service{Health: &config.Health{}, Zones: &config.Zones{Spill: 70}})
		s, w := <-h.sources, <-h.watchers
		h.guest().wants(codes.Unavailable.String())
		if len(h.ready) != 0 {
			t.Error("the fleet is ready although nobody has spoken")
		}
		h.fleet.OverridesSaid(nil)
		s.says(at(1, "zone=z1"), at(2, "zone=z2"), at(3, "zone=z1"))
		if watched := <-w.watches; len(watched) != 3 {
			t.Errorf("watched: %v", watched)
		}
		if ready := <-h.ready; ready != "svc" {
			t.Errorf("%q is ready", ready)
		}
		z1, none := h.guest("grpclb-zone", "z1"), h.guest()
		z1.wants("10.0.0.1:80 10.0.0.3:80")
		none.wants("10.0.0.1:80 10.0.0.2:80 10.0.0.3:80")

		began := time.Now()
		w.says("10.0.0.3:80", false)
		none.wants("10.0.0.1:80 10.0.0.2:80")
		if took := time.Since(began); took > 50*time.Millisecond {
			t.Errorf("a health change took %v", took)
		}
		z1.wants("10.0.0.1:80 10.0.0.2:80 10.0.0.1:80 10.0.0.1:80 10.0.0.1:80 10.0.0.2:80 10.0.0.1:80")
		h.fleet.OverridesSaid([]override.Override{{Kind: override.Fallback}})
		z1.wants("fallback")
		none.wants("fallback")
		h.fleet.OverridesSaid(nil)
		none.wants("10.0.0.1:80 10.0.0.2:80")

		none.says(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
			ClientStats: &lbpb.ClientStats{NumCallsStarted: 7, NumCallsFinished: 5},
		}})
		synctest.Wait()
		seen := h.fleet.State(h.balancer.State())
		if v := seen.Service; v.Mode != view.Serving || len(v.Classes) != 2 || v.Total.Started != 7 || v.Total.Clients != 2 {
			t.Errorf("%+v", v)
		}
		if len(seen.Clients) != 2 || seen.Clients[0].Zone != "z1" && seen.Clients[1].Zone != "z1" {
			t.Errorf("%+v", seen.Clients)
		}
	})
}

func TestFleet_Stopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, config.Service{})
		h.fleet.OverridesSaid(nil)
		(<-h.sources).says(at(1))
		synctest.Wait()
		g := h.guest()
		g.wants("10.0.0.1:80")
		h.fleet.Stop()
		g.wants(codes.NotFound.String())
		h.guest().wants(codes.NotFound.String())
		if seen := h.fleet.State(lbserver.State{}); seen.Service.Name != "" {
			t.Errorf("%+v", seen)
		}
		if class := h.fleet.Classify(lbserver.Client{}); class != "" {
			t.Errorf("class %q", class)
		}
	})
}

func TestFleet_StopsWhatItStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		two := []config.Source{{DNS: "one"}, {DNS: "two"}}
		h := newHouse(t, config.Service{Sources: two, Health: &config.Health{}})
		cfg := config.Service{Name: "svc", Sources: two[1:], Health: &config.Health{Fall: 3}, Guard: guard}
		h.fleet.Configure(cfg)
		for _, want := range []string{"watcher", "source 1"} {
			if got := <-h.stops; got != want {
				t.Errorf("%s is stopped, want %s", got, want)
			}
		}
		h.fleet.Stop()
		for _, want := range []string{"source 2", "watcher"} {
			if got := <-h.stops; got != want {
				t.Errorf("%s is stopped, want %s", got, want)
			}
		}
		if len(h.stops) != 0 {
			t.Errorf("%s is stopped too", <-h.stops)
		}
	})
}

func TestDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, config.Service{Zones: &config.Zones{Spill: 70}})
		h.fleet.OverridesSaid(nil)
		(<-h.sources).says(at(1), at(2))
		synctest.Wait()
		var guests []*guest
		for i := range 4 {
			g := h.guest("grpclb-zone", fmt.Sprintf("z%d", i%2))
			g.wants("10.0.0.1:80 10.0.0.2:80")
			guests = append(guests, g)
		}
		holders := func() int { return h.fleet.State(h.balancer.State()).Service.Total.Drained["10.0.0.1:80"] }
		synctest.Wait()
		before := h.balancer.State() // as if no client had been handed the next list yet
		time.Sleep(time.Second)
		h.fleet.OverridesSaid([]override.Override{{Kind: override.Drain, Address: "10.0.0.1:80"}})
		for _, g := range guests {
			g.wants("10.0.0.2:80")
		}
		synctest.Wait()
		seen := h.fleet.State(before).Service
		if n := seen.Total.Drained["10.0.0.1:80"]; n != 4 || seen.Backends[0].Clients != 4 {
			t.Errorf("%d clients have it of the 4 that were not told", n)
		}
		if n := holders(); n != 0 {
			t.Errorf("%d clients have it after all were told", n)
		}
		h.guest("grpclb-zone", "z9").wants("10.0.0.2:80")
		synctest.Wait()
		if n := holders(); n != 0 {
			t.Errorf("%d clients have it after one has come", n)
		}
		h.fleet.OverridesSaid(nil)
		guests[0].wants("10.0.0.1:80 10.0.0.2:80")
		if _, drained := h.fleet.State(h.balancer.State()).Service.Total.Drained["10.0.0.1:80"]; drained {
			t.Error("it is drained no more")
		}
	})
}
