package observe

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/orca"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A server with gRPC's own ORCA service: its weight is known after the blackout, and follows
// what it reports.
func TestLoad_Weights(t *testing.T) {
	inBubble(t, nil, &config.Load{ORCA: true, Interval: 10 * time.Second}, func(r *rig) {
		recorder := orca.NewServerMetricsRecorder()
		recorder.SetQPS(100)
		recorder.SetApplicationUtilization(0.5)
		r.serve(func(s *grpc.Server) {
			if err := orca.Register(s, orca.ServiceOptions{ServerMetricsProvider: recorder}); err != nil {
				t.Error(err)
			}
		})
		r.watcher.Watch([]string{addr})
		r.after(12 * time.Second)
		if loads := r.owner.heardLoads(); len(loads) != 1 || loads[0].Weight != 0 || loads[0].QPS != 100 {
			t.Errorf("in the blackout: %+v", loads)
		}
		r.after(time.Minute)
		if w := last(r).Weight; w != 200 {
			t.Errorf("weight %v, want 200", w)
		}
		recorder.SetEPS(50)
		r.after(8 * time.Minute)
		if w := last(r).Weight; w < 100 || w > 101 {
			t.Errorf("weight %v with half of the calls failing, want 100", w)
		}
		if n := len(r.owner.heardLoads()); n < 17 || n > 19 {
			t.Errorf("%d loads in nine minutes, want one each 30 s: gRPC's server sends no more", n)
		}
		if len(r.owner.heard()) != 0 {
			t.Error("heard of health, which is not checked")
		}
	})
}

func last(r *rig) Load {
	loads := r.owner.heardLoads()
	return loads[len(loads)-1]
}

// A report counts for three minutes. Then it is told that there is none.
func TestLoad_Weights_Expire(t *testing.T) {
	inBubble(t, nil, &config.Load{ORCA: true, Interval: 10 * time.Second}, func(r *rig) {
		recorder := orca.NewServerMetricsRecorder()
		recorder.SetQPS(100)
		recorder.SetCPUUtilization(0.5)
		s := r.serve(func(s *grpc.Server) {
			if err := orca.Register(s, orca.ServiceOptions{ServerMetricsProvider: recorder}); err != nil {
				t.Error(err)
			}
		})
		r.watcher.Watch([]string{addr})
		r.after(time.Minute)
		s.stop()
		r.after(2 * time.Minute)
		if w := last(r).Weight; w != 200 {
			t.Errorf("weight %v two minutes after the last report, want 200", w)
		}
		r.after(90 * time.Second)
		if w := last(r).Weight; w != 0 {
			t.Errorf("weight %v, want none", w)
		}
	})
}

// A server without ORCA costs one line in the log. Its health is checked on the same
// connection.
func TestLoad_Weights_ServerWithoutORCA(t *testing.T) {
	inBubble(t, checks(), &config.Load{ORCA: true, Interval: 10 * time.Second}, func(r *rig) {
		r.healthy()
		r.watcher.Watch([]string{addr})
		r.wantHealth(time.Hour, "healthy")
		if n := r.log.count("does not report its load"); n != 1 {
			t.Errorf("%d lines in the log", n)
		}
		if loads := r.owner.heardLoads(); len(loads) != 0 {
			t.Errorf("heard %+v", loads)
		}
		if n := len(r.network.Dials(addr)); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}
