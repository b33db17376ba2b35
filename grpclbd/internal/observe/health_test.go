package observe

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

func TestHealth_Check_NewBackendAtOnce(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		r.healthy()
		r.watcher.Watch([]string{addr})
		if h := r.wantHealth(gather, "healthy"); h.after != gather {
			t.Errorf("heard after %v", h.after)
		}
		r.wantHealth(time.Hour, "")
		if n := len(r.network.Dials(addr)); n != 1 {
			t.Errorf("%d connections in an hour, want one", n)
		}
	})
}

// A backend that starts after the balancer is used soon after.
func TestHealth_Check_BackendThatStartsLater(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		r.watcher.Watch([]string{addr})
		if h := r.wantHealth(gather, "refused"); h.Ever {
			t.Errorf("heard %+v", h)
		}
		r.after(time.Second)
		r.healthy()
		r.wantHealth(5500*time.Millisecond, "healthy")
	})
}

// What the server says on the Watch stream counts at once. Two good checks, an interval apart,
// bring it back.
func TestHealth_Check_Watch(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		s := r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		s.say(false)
		if h := r.wantHealth(gather, "NOT_SERVING"); !h.Ever || h.after != time.Minute+gather || !h.Since.Equal(r.owner.began.Add(time.Minute)) {
			t.Errorf("heard %+v", h)
		}
		r.after(time.Minute)
		s.say(true)
		r.wantHealth(4*time.Second, "")
		r.wantHealth(2*time.Second, "healthy")
	})
}

// checkOnly has no Watch.
type checkOnly struct {
	healthpb.UnimplementedHealthServer
	answer func(context.Context) (*healthpb.HealthCheckResponse, error)
}

func (c checkOnly) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return c.answer(ctx)
}

func says(s healthpb.HealthCheckResponse_ServingStatus) func(context.Context) (*healthpb.HealthCheckResponse, error) {
	return func(context.Context) (*healthpb.HealthCheckResponse, error) {
		return &healthpb.HealthCheckResponse{Status: s}, nil
	}
}

func TestHealth_Check_ServerWithoutWatch(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		down := make(chan struct{})
		answer := func(ctx context.Context) (*healthpb.HealthCheckResponse, error) {
			select {
			case <-down:
				return says(healthpb.HealthCheckResponse_NOT_SERVING)(ctx)
			default:
				return says(healthpb.HealthCheckResponse_SERVING)(ctx)
			}
		}
		r.serve(func(s *grpc.Server) { healthpb.RegisterHealthServer(s, checkOnly{answer: answer}) })
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		close(down)
		r.wantHealth(5500*time.Millisecond, "NOT_SERVING")
	})
}

func TestHealth_Check_ServerWithoutHealthService(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		r.serve()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Hour, "no grpc.health.v1 service: give it one, or use health.tcp")
	})
}

func TestHealth_Check_UnknownService(t *testing.T) {
	cfg := checks()
	*cfg.GRPC = "greeter"
	inBubble(t, cfg, nil, func(r *rig) {
		s := r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Second, `does not know "greeter"`)
		s.health.SetServingStatus("greeter", healthpb.HealthCheckResponse_SERVING)
		r.wantHealth(gather, "healthy")
	})
}

// A backend that takes everything and answers nothing, on a connection that stays open, is
// noticed, and used again when it is back as another machine would be.
func TestHealth_Check_SilentBackend(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		r.network.Blackhole(addr, true)
		r.network.Freeze(addr)
		h := r.wantHealth(15*time.Second, "no answer within 1s")
		t.Logf("unhealthy after %v", h.after-time.Minute)
		r.after(time.Minute)
		r.network.Blackhole(addr, false)
		if h := r.wantHealth(time.Minute, "healthy"); h.after > 2*time.Minute+45*time.Second {
			t.Errorf("healthy again at %v", h.after)
		}
	})
}

// A handler that hangs is noticed although the connection and the Watch stream are well.
func TestHealth_Check_HandlerThatHangs(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		hang := make(chan struct{})
		answer := func(ctx context.Context) (*healthpb.HealthCheckResponse, error) {
			select {
			case <-hang:
				<-ctx.Done()
				return nil, ctx.Err()
			default:
				return says(healthpb.HealthCheckResponse_SERVING)(ctx)
			}
		}
		r.serve(func(s *grpc.Server) { healthpb.RegisterHealthServer(s, watchForever{checkOnly{answer: answer}}) })
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		close(hang)
		r.wantHealth(15*time.Second, "no answer within 1s")
	})
}

// watchForever has a Watch that says SERVING once and never ends.
type watchForever struct{ checkOnly }

func (watchForever) Watch(_ *healthpb.HealthCheckRequest, s grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	if err := s.Send(&healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}); err != nil {
		return err
	}
	<-s.Context().Done()
	return s.Context().Err()
}

// A process that dies is noticed by its connection: three checks, a timeout apart.
func TestHealth_Check_BackendThatDies(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		s := r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		s.stop()
		h := r.wantHealth(3*time.Second, "refused")
		t.Logf("unhealthy after %v", h.after-time.Minute)
		r.after(time.Minute)
		r.healthy()
		r.wantHealth(12*time.Second, "healthy")
	})
}

// A connection that breaks, of a backend that is well, changes nothing.
func TestHealth_Check_ConnectionThatBreaks(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		for range 20 {
			r.network.Cut(addr)
			r.wantHealth(10*time.Second, "")
		}
	})
}

func TestHealth_Check_TCP(t *testing.T) {
	cfg := checks()
	cfg.GRPC, cfg.TCP = nil, new(config.TCP)
	inBubble(t, cfg, nil, func(r *rig) {
		s := r.serve() // no health service
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		s.stop()
		r.wantHealth(8*time.Second, "refused")
		r.serve()
		r.wantHealth(12*time.Second, "healthy")
	})
}

// Of a backend that was taken away nothing is heard, and its connection is closed. One that
// stays goes on as it is.
func TestHealth_Check_OnlyWatchedBackends(t *testing.T) {
	inBubble(t, checks(), nil, func(r *rig) {
		s := r.healthy()
		r.watcher.Watch([]string{addr, "10.0.0.2:1"})
		r.after(time.Minute)
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "")
		if n := len(r.network.Dials(addr)); n != 1 {
			t.Errorf("%d connections", n)
		}
		r.watcher.Watch(nil)
		r.after(gather)
		s.say(false)
		r.wantHealth(time.Minute, "")
		s.say(true)
		r.watcher.Watch([]string{addr})
		r.wantHealth(gather, "healthy")
	})
}
