package daemon

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// etcd is one for all tests.
var etcd *etcdtest.Server

func TestMain(m *testing.M) { goleak.VerifyTestMain(etcdtest.Tests{M: m, Server: &etcd}) }

// patience ends a test that is stuck on real sockets. It is not an assertion.
const patience = time.Minute

// begin starts a daemon with services as YAML has them, over the store of all tests.
func begin(t *testing.T, replica, services string) *Daemon {
	t.Helper()
	text := "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nreplica: " + replica + "\nstop: {notice: 0s, over: 100ms}\nstore: {etcd: [" + etcd.URL() + "]}\n" + services
	cfg, err := config.Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return beginWith(t, cfg)
}

func beginWith(t *testing.T, cfg *config.Config) *Daemon {
	t.Helper()
	return beginLogged(t, cfg, silent)
}

func beginLogged(t *testing.T, cfg *config.Config, log *slog.Logger) *Daemon {
	t.Helper()
	d, err := Start(t.Context(), Options{Config: cfg, Version: "test", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- d.Serve() }()
	t.Cleanup(func() {
		d.Stop(context.Background())
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return d
}

// dial returns a channel to a daemon.
func dial(t *testing.T, d *Daemon) *grpc.ClientConn { return dialTo(t, d.Address()) }

func dialTo(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	cc, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cc.Close() })
	return cc
}

// A guest is a client's stream.
type guest struct {
	grpc.BidiStreamingClient[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]
	t      *testing.T
	hangUp context.CancelFunc
}

// ask asks for a service, with headers.
func ask(t *testing.T, d *Daemon, service string, headers ...string) guest {
	t.Helper()
	return askAt(t, d.Address(), service, headers...)
}

func askAt(t *testing.T, address, service string, headers ...string) guest {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), headers...), patience)
	t.Cleanup(cancel)
	s, err := lbpb.NewLoadBalancerClient(dialTo(t, address)).BalanceLoad(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: service},
	}}); err != nil {
		t.Fatal(err)
	}
	return guest{s, t, cancel}
}

// reports says that so many calls have started.
func (g guest) reports(started int64) {
	g.t.Helper()
	if err := g.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
		ClientStats: &lbpb.ClientStats{NumCallsStarted: started},
	}}); err != nil {
		g.t.Fatal(err)
	}
}

// next returns the next list as "token token", "fallback", or the code of the stream's end.
func (g guest) next() string {
	for {
		m, err := g.Recv()
		if err != nil {
			return status.Code(err).String()
		}
		if m.GetFallbackResponse() != nil {
			return "fallback"
		}
		if m.GetServerList() != nil {
			return tokens(m.GetServerList())
		}
	}
}

// tokens lists the tokens without the mark of this start.
func tokens(list *lbpb.ServerList) string {
	var all []string
	for _, s := range list.Servers {
		token, _, _ := strings.Cut(s.LoadBalanceToken, "~")
		all = append(all, token)
	}
	return strings.Join(all, " ")
}

func (g guest) wants(want string) {
	g.t.Helper()
	if got := g.next(); got != want {
		g.t.Errorf("the client gets %q, want %q", got, want)
	}
}

// waitHealth waits until the daemon's health is as wanted.
func waitHealth(t *testing.T, d *Daemon, want healthpb.HealthCheckResponse_ServingStatus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, err := healthpb.NewHealthClient(dial(t, d)).Watch(ctx, &healthpb.HealthCheckRequest{Service: "grpc.lb.v1.LoadBalancer"})
	for err == nil {
		var r *healthpb.HealthCheckResponse
		if r, err = w.Recv(); err == nil && r.Status == want {
			return
		}
	}
	t.Fatalf("the health is never %v: %v", want, err)
}

// eventually waits until a stream of a new client gets what is wanted.
func eventually(t *testing.T, d *Daemon, service, want string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	got := ""
	for time.Now().Before(deadline) {
		if got = ask(t, d, service).next(); got == want {
			return
		}
	}
	t.Fatalf("clients of %q get %q, want %q", service, got, want)
}

var unavailable, notFound, denied = codes.Unavailable.String(), codes.NotFound.String(), codes.PermissionDenied.String()

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))
