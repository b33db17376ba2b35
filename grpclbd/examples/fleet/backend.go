package main

import (
	"context"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/orca"

	"github.com/actorlb/grpclb/grpclbd/register"
)

// A backend is a server that registers itself in etcd and reports its load by ORCA.
type backend struct {
	testpb.UnimplementedTestServiceServer
	zone, address string
	etcd          []string

	hangs  atomic.Bool // neither calls nor health checks are answered
	calls  atomic.Int64
	freed  chan struct{} // closed when it hangs no more
	server *grpc.Server
	entry  *register.Registration
	stop   context.CancelFunc // of the reports of its load
}

func newBackend(zone string, etcd []string) *backend {
	return &backend{zone: zone, etcd: etcd, freed: make(chan struct{})}
}

// start serves, at the same address as before, and registers the backend.
func (b *backend) start() error {
	l, err := net.Listen("tcp", orAny(b.address))
	if err != nil {
		return err
	}
	b.address = l.Addr().String()
	load := orca.NewServerMetricsRecorder()
	b.server = grpc.NewServer(grpc.UnaryInterceptor(b.intercept), grpc.StreamInterceptor(b.interceptStream))
	testpb.RegisterTestServiceServer(b.server, b)
	healthpb.RegisterHealthServer(b.server, health.NewServer())
	if err := orca.Register(b.server, orca.ServiceOptions{ServerMetricsProvider: load, MinReportingInterval: time.Second}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	go b.measure(ctx, load)
	go b.server.Serve(l)
	return b.register()
}

func orAny(address string) string {
	if address == "" {
		return "127.0.0.1:0"
	}
	return address
}

func (b *backend) register() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	b.entry, err = register.Start(ctx, register.Options{
		Etcd: b.etcd, Service: "services/greeter", Address: b.address, Zone: b.zone, Log: silent,
	})
	return err
}

// measure reports the load ten times a second: calls a second, and a utilization in proportion.
func (b *backend) measure(ctx context.Context, load orca.ServerMetricsRecorder) {
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for last := b.calls.Load(); ; {
		select {
		case <-ticks.C:
			now := b.calls.Load()
			qps := float64(now-last) * 10
			last = now
			load.SetQPS(qps)
			load.SetApplicationUtilization(qps/1000 + 0.01)
		case <-ctx.Done():
			return
		}
	}
}

// leave withdraws the backend, gives the balancers a second to send lists without it, and stops.
func (b *backend) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.entry.Withdraw(ctx); err != nil {
		return err
	}
	rest(time.Second)
	b.stop()
	b.server.GracefulStop()
	return nil
}

// quit stops the backend in good order, but for its registration, which stays until its lease
// is over: etcd can't be told.
func (b *backend) quit() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = b.entry.Withdraw(ctx)
	b.stop()
	b.server.GracefulStop()
}

// hang makes the backend answer nothing, as a process that is stuck; its connections stay.
func (b *backend) hang() {
	b.freed = make(chan struct{})
	b.hangs.Store(true)
}

// free ends that.
func (b *backend) free() {
	b.hangs.Store(false)
	close(b.freed)
}

func (b *backend) wait(ctx context.Context) {
	if b.hangs.Load() {
		select {
		case <-b.freed:
		case <-ctx.Done():
		}
	}
}

func (b *backend) intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	b.wait(ctx)
	return next(ctx, request)
}

func (b *backend) interceptStream(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	b.wait(s.Context())
	return next(srv, s)
}

// UnaryCall takes a millisecond or so.
func (b *backend) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	b.calls.Add(1)
	rest(time.Duration(rand.N(int64(2 * time.Millisecond))))
	return &testpb.SimpleResponse{Username: b.zone, ServerId: b.address}, nil
}
