package observe

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/internal/lbtest"
)

const addr = "10.0.0.1:50051"

// An owner keeps what it hears, with the time since the test began.
type owner struct {
	began time.Time

	mu     sync.Mutex
	calls  int // of HealthSaid
	health []heardHealth
	loads  []Load
}

type heardHealth struct {
	Health
	after time.Duration
}

func (o *owner) HealthSaid(changes []Health) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	for _, h := range changes {
		o.health = append(o.health, heardHealth{h, time.Since(o.began)})
	}
}

func (o *owner) LoadSaid(loads []Load) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.loads = append(o.loads, loads...)
}

// heard returns the changes of health so far.
func (o *owner) heard() []heardHealth {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.health)
}

func (o *owner) heardLoads() []Load {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.loads)
}

// A rig is a watcher in a bubble with an in-memory network.
type rig struct {
	t       *testing.T
	network lbtest.Network
	owner   *owner
	watcher *Watcher
	log     *logBook
}

func inBubble(t *testing.T, h *config.Health, l *config.Load, test func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, network: lbtest.NewMemory(), owner: &owner{began: time.Now()}, log: new(logBook)}
		dial := func(ctx context.Context, _, address string) (net.Conn, error) { return r.network.Dial(ctx, address) }
		r.watcher = start(setup{health: h, load: l, log: slog.New(slog.NewTextHandler(r.log, nil)), dial: dial}, r.owner)
		t.Cleanup(r.watcher.Stop)
		test(r)
	})
}

// after lets time pass, and returns what was heard meanwhile.
func (r *rig) after(d time.Duration) []heardHealth {
	before := len(r.owner.heard())
	time.Sleep(d)
	synctest.Wait()
	return r.owner.heard()[before:]
}

// wantHealth lets time pass, and checks that there was one change, or none if it is the empty string:
// "healthy", or a part of the reason for "unhealthy".
func (r *rig) wantHealth(d time.Duration, want string) (h heardHealth) {
	r.t.Helper()
	got := r.after(d)
	switch {
	case want == "" && len(got) == 0:
	case len(got) != 1:
		r.t.Errorf("heard %+v, want %q", got, want)
	case want == "healthy":
		h = got[0]
		if !h.Healthy || !h.Ever || h.Why != "" {
			r.t.Errorf("heard %+v, want it healthy", h)
		}
	default:
		h = got[0]
		if h.Healthy || !strings.Contains(h.Why, want) {
			r.t.Errorf("heard %+v, want %q", h, want)
		}
	}
	return h
}

// A server has real gRPC and health services.
type server struct {
	*grpc.Server
	health *health.Server
	served chan error
}

// serve starts a server at addr with these services, and stops it when the test ends.
func (r *rig) serve(register ...func(*grpc.Server)) *server {
	r.t.Helper()
	l, err := r.network.Listen(addr)
	if err != nil {
		r.t.Fatal(err)
	}
	s := &server{Server: grpc.NewServer(), served: make(chan error, 1)}
	for _, register := range register {
		register(s.Server)
	}
	go func() { s.served <- s.Serve(l) }()
	r.t.Cleanup(s.stop)
	return s
}

func (s *server) stop() {
	s.Stop()
	<-s.served
	s.served <- nil
}

// healthy starts a server with gRPC's own health service, which says SERVING.
func (r *rig) healthy() *server {
	h := health.NewServer()
	s := r.serve(func(s *grpc.Server) { healthpb.RegisterHealthServer(s, h) })
	s.health = h
	return s
}

func (s *server) say(serving bool) {
	status := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		status = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", status)
}

// A logBook is a log in memory.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (b *logBook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, string(line))
	return len(line), nil
}

func (b *logBook) count(part string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.lines {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

// checks is the configuration that most tests have.
func checks() *config.Health {
	service := ""
	return &config.Health{GRPC: &service, Interval: 5 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3}
}
