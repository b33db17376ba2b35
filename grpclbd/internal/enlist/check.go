package enlist

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// A checker asks the server whether it is healthy. Its fields do not change.
type checker struct {
	address string
	service string
	timeout time.Duration
	conn    *grpc.ClientConn // nil: a connection by TCP is enough
}

func newChecker(o Options) (*checker, error) {
	c := &checker{o.Register.Address, o.Service, o.Timeout, nil}
	if o.Health != HealthGRPC {
		return c, nil
	}
	// A server that starts takes no connections at first; it is tried again soon.
	soon := grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, MaxDelay: time.Second}, MinConnectTimeout: time.Second}
	conn, err := grpc.NewClient("passthrough:///"+c.address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(), grpc.WithConnectParams(soon), grpc.WithDisableServiceConfig())
	c.conn = conn
	return c, err
}

// check returns nil if the server is healthy.
func (c *checker) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.conn == nil {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", c.address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	answer, err := healthpb.NewHealthClient(c.conn).Check(ctx, &healthpb.HealthCheckRequest{Service: c.service}, grpc.WaitForReady(true))
	if err == nil && answer.Status != healthpb.HealthCheckResponse_SERVING {
		err = fmt.Errorf("the server says %v", answer.Status)
	}
	return advise(err)
}

// advise adds what to do about an error that stays.
func advise(err error) error {
	switch status.Code(err) {
	case codes.Unimplemented:
		return fmt.Errorf("the server has no service grpc.health.v1: give it one, or use -health tcp or -health none (%w)", err)
	case codes.NotFound:
		return fmt.Errorf("the server does not know the name given by -health-service (%w)", err)
	}
	return err
}

func (c *checker) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}
