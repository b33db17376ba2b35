package observe

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/orca"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A server that stops in good order waits for its streams, so those to it end.
func TestHealth_Check_HoldsNoServerUp(t *testing.T) {
	inBubble(t, checks(), &config.Load{ORCA: true, Interval: 10 * time.Second}, func(r *rig) {
		s := r.serve(func(s *grpc.Server) {
			healthpb.RegisterHealthServer(s, health.NewServer())
			if err := orca.Register(s, orca.ServiceOptions{ServerMetricsProvider: orca.NewServerMetricsRecorder()}); err != nil {
				t.Error(err)
			}
		})
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Minute, "healthy")
		began := time.Now()
		s.GracefulStop()
		if took := time.Since(began); took > time.Second {
			t.Errorf("GracefulStop took %v", took)
		}
		synctest.Wait()
	})
}
