package observe

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	orcapb "github.com/cncf/xds/go/xds/data/orca/v3"
	orcaservice "github.com/cncf/xds/go/xds/service/orca/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// Whatever a backend does, it is unhealthy for one reason, the balancer makes few connections to
// it, and the reason is one short line.
func TestHealth_Hostile(t *testing.T) {
	for name, play := range map[string]func(*rig){
		"says nothing":   func(r *rig) { r.accept(func(c net.Conn) { read(c) }) },
		"closes at once": func(r *rig) { r.accept(func(net.Conn) {}) },
		"speaks HTTP/1": func(r *rig) {
			r.accept(func(c net.Conn) { write(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); read(c) })
		},
		"speaks nonsense": func(r *rig) {
			r.accept(func(c net.Conn) { write(c, strings.Repeat("\x00\xff\x7f nonsense \n", 10_000)); read(c) })
		},
		"sends without end": func(r *rig) {
			r.accept(func(c net.Conn) {
				for write(c, strings.Repeat("x", 1000)) {
				}
			})
		},
		"answers with a huge message": func(r *rig) { r.unknown(strings.Repeat("x", 1<<20), nil) },
		"answers with nonsense":       func(r *rig) { r.unknown("\xff\xff\xff", nil) },
		"answers with a status that there is not": func(r *rig) {
			r.serve(func(s *grpc.Server) { healthpb.RegisterHealthServer(s, checkOnly{answer: says(99)}) })
		},
		"answers with a huge error": func(r *rig) {
			r.unknown("", status.Error(codes.Internal, "line\nline\x00\xff"+strings.Repeat("x", 5000)))
		},
		"panics in gRPC's words": func(r *rig) { r.unknown("", errors.New("boom")) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, checks(), nil, func(r *rig) {
				play(r)
				r.watcher.Watch([]string{addr})
				for _, h := range r.after(3 * time.Minute) {
					if h.Healthy || h.Ever || h.Why == "" || len(h.Why) > maxWhy+100 || strings.ContainsAny(h.Why, "\n\x00") {
						t.Errorf("heard %+v", h)
					}
				}
				heard := r.owner.heard()
				if len(heard) == 0 || !heard[0].Since.Equal(heard[len(heard)-1].Since) {
					t.Errorf("heard %+v, want one state", heard)
				}
				t.Log(heard[len(heard)-1].Why)
				if n := len(r.network.Dials(addr)); n > 3*60/4 {
					t.Errorf("%d connections in three minutes", n)
				}
				if n := r.log.count("unhealthy"); n != 1 {
					t.Errorf("%d lines in the log", n)
				}
			})
		})
	}
}

// accept has each connection to addr handled by a function, and closed after it.
func (r *rig) accept(handle func(net.Conn)) {
	r.t.Helper()
	l, err := r.network.Listen(addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				handle(c)
			}()
		}
	}()
}

// read reads until the connection ends.
func read(c net.Conn) {
	for b := make([]byte, 1024); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

func write(c net.Conn, text string) bool {
	_, err := c.Write([]byte(text))
	return err == nil
}

// unknown has a server that answers every method with these bytes, or this error.
func (r *rig) unknown(bytes string, err error) {
	r.t.Helper()
	l, listenErr := r.network.Listen(addr)
	if listenErr != nil {
		r.t.Fatal(listenErr)
	}
	s := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		if err != nil {
			return err
		}
		return s.SendMsg(bytes)
	}))
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	r.t.Cleanup(func() { s.Stop(); <-served })
}

// raw sends strings as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)   { return []byte(v.(string)), nil }
func (raw) Unmarshal(b []byte, v any) error { return nil }
func (raw) Name() string                    { return "proto" }

// A server that changes its word a hundred times a second is unhealthy after the first
// change, and stays so.
func TestHealth_Hostile_Flapping(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		s := r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		changes := 0
		for n := range 2000 {
			s.say(n%2 == 1)
			changes += len(r.after(10 * time.Millisecond))
		}
		if changes != 1 {
			t.Errorf("%d changes in 20 s of flapping, want one", changes)
		}
		s.say(true)
		r.wantHealth(12*time.Second, "healthy")
	})
}

// A server that sends on its Watch stream as fast as it can is slowed down.
func TestHealth_Hostile_WatchFlood(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		f := &flood{}
		r.serve(func(s *grpc.Server) { healthpb.RegisterHealthServer(s, f) })
		r.watcher.Watch([]string{addr})
		r.wantHealth(20*time.Second, "healthy")
		// 200 a second, and what the windows of flow control hold.
		if n := len(f.sent); n > 20*200+64<<10 {
			t.Errorf("the server could send %d messages in 20 s", n)
		}
	})
}

type flood struct {
	healthpb.UnimplementedHealthServer
	sent []struct{}
}

func (f *flood) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return says(healthpb.HealthCheckResponse_SERVING)(ctx)
}

func (f *flood) Watch(_ *healthpb.HealthCheckRequest, s grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	for {
		if err := s.Send(&healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}); err != nil {
			return err
		}
		f.sent = append(f.sent, struct{}{})
	}
}

// A server that ends each Watch stream at once is asked again less and less.
func TestHealth_Hostile_WatchThatEnds(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		e := &endsAtOnce{opened: make(chan struct{}, 10_000)}
		r.serve(func(s *grpc.Server) { healthpb.RegisterHealthServer(s, e) })
		r.watcher.Watch([]string{addr})
		r.wantHealth(10*time.Minute, "healthy")
		if n := len(e.opened); n < 5 || n > 60 {
			t.Errorf("%d streams in ten minutes", n)
		}
	})
}

type endsAtOnce struct {
	healthpb.UnimplementedHealthServer
	opened chan struct{}
}

func (e *endsAtOnce) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return says(healthpb.HealthCheckResponse_SERVING)(ctx)
}

func (e *endsAtOnce) Watch(_ *healthpb.HealthCheckRequest, s grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	e.opened <- struct{}{}
	return s.Send(&healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING})
}

// Figures that no backend can have are ignored, with one line in the log.
func TestLoad_Hostile(t *testing.T) {
	inBubble(t, nil, &config.Load{ORCA: true, Interval: 10 * time.Second}, func(r *rig) {
		var bad []*orcapb.OrcaLoadReport
		for _, x := range []float64{math.NaN(), math.Inf(1), -1, 1e300} {
			bad = append(bad,
				&orcapb.OrcaLoadReport{RpsFractional: x, CpuUtilization: 1},
				&orcapb.OrcaLoadReport{RpsFractional: 1, CpuUtilization: x},
				&orcapb.OrcaLoadReport{RpsFractional: 1, CpuUtilization: 1, Eps: x},
				&orcapb.OrcaLoadReport{RpsFractional: 1, ApplicationUtilization: x})
		}
		r.serve(func(s *grpc.Server) { orcaservice.RegisterOpenRcaServiceServer(s, reports(bad)) })
		r.watcher.Watch([]string{addr})
		r.after(time.Minute)
		if loads := r.owner.heardLoads(); len(loads) != 0 {
			t.Errorf("heard %+v", loads)
		}
		if n := r.log.count("a load report is ignored"); n != 1 {
			t.Errorf("%d lines in the log", n)
		}
	})
}

// reports sends these reports, and then waits.
type reports []*orcapb.OrcaLoadReport

func (all reports) StreamCoreMetrics(_ *orcaservice.OrcaLoadReportRequest, s orcaservice.OpenRcaService_StreamCoreMetricsServer) error {
	for _, r := range all {
		if err := s.Send(r); err != nil {
			return err
		}
	}
	<-s.Context().Done()
	return s.Context().Err()
}
