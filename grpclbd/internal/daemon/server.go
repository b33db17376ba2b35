package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/servertls"
	"github.com/actorlb/grpclb/lbserver"
)

// A clientServer is the gRPC server that clients of the balancer use.
type clientServer struct {
	*grpc.Server
	listener net.Listener
	health   *health.Server
	files    *servertls.Files // nil without TLS
}

// listen opens the port for clients. Nobody is served before Serve.
func listen(cfg *config.Config, log *slog.Logger) (*clientServer, error) {
	s := &clientServer{health: health.NewServer()}
	opts := []grpc.ServerOption{
		lbserver.KeepaliveEnforcement(),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second, MaxConnectionAge: cfg.Limits.StreamAge / 2}),
	}
	if cfg.TLS != nil {
		files, err := servertls.Open(*cfg.TLS, log)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		s.files = files
		opts = append(opts, grpc.Creds(files.Credentials()))
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		s.closeFiles()
		return nil, fmt.Errorf("listen: %w", err)
	}
	s.listener, s.Server = l, grpc.NewServer(opts...)
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	s.health.SetServingStatus("grpc.lb.v1.LoadBalancer", healthpb.HealthCheckResponse_NOT_SERVING)
	s.health.SetServingStatus("livez", healthpb.HealthCheckResponse_SERVING) // for as long as the process answers
	healthpb.RegisterHealthServer(s, s.health)
	reflection.Register(s)
	return s, nil
}

// serve serves clients until the server stops.
func (s *clientServer) serve() error {
	if err := s.Serve(s.listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// lastCalls is how long calls may go on that do not end by themselves when the balancer does,
// such as watches of its health.
const lastCalls = time.Second

// end ends the server when its calls have ended, or their time is over.
func (s *clientServer) end() {
	timer := time.AfterFunc(lastCalls, s.Stop)
	defer timer.Stop()
	s.GracefulStop()
}

func (s *clientServer) closeFiles() {
	if s.files != nil {
		s.files.Close()
	}
}
