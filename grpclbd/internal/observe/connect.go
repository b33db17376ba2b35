package observe

import (
	"context"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
)

// connect makes the connection and starts the readers of its streams.
func (b *backend) connect(ctx context.Context) {
	if b.setup.load == nil && !b.byGRPC() {
		return
	}
	conn, err := grpc.NewClient("passthrough:///"+b.address, b.options()...)
	if err != nil {
		panic("BUG: no channel: " + err.Error()) // the options are those of this file
	}
	b.conn = conn
	if b.byGRPC() {
		b.public.group.Go(func(context.Context) { b.readHealth(ctx) })
	}
	if b.setup.load != nil {
		b.public.group.Go(func(context.Context) { b.readLoad(ctx) })
	}
}

// letGo ends a stream that was opened when the server says that it wants to stop (GOAWAY), or the
// connection is lost: a server that stops in good order waits for its streams.
func (b *backend) letGo(stream context.Context, cancel context.CancelFunc) {
	b.public.group.Go(func(context.Context) {
		if b.conn.WaitForStateChange(stream, connectivity.Ready) {
			cancel()
		}
	})
}

// byGRPC reports whether health is asked for by grpc.health.v1.
func (b *backend) byGRPC() bool { return b.setup.health != nil && b.setup.health.TCP == nil }

// What a backend may send. Answers about health have some bytes; a load report may
// have many named figures.
const (
	maxMessage = 64 << 10
	maxHeaders = 16 << 10
)

// window is for flow control. It is fixed: otherwise each answer is followed by a ping that
// measures the connection.
const window = 64 << 10

// options keep a connection small: there may be a thousand.
func (b *backend) options() []grpc.DialOption {
	retry := backoff.Config{BaseDelay: firstRetry, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}
	connect := 5 * time.Second
	if h := b.setup.health; h != nil {
		retry.MaxDelay, connect = min(retry.MaxDelay, h.Interval), h.Timeout
	}
	// After silence for three intervals the connection is asked for a sign, and given up
	// without one: its other end may be a machine that is gone. Answers come more often, so a
	// server that answers sees none of these pings, and has no reason to complain.
	silence := keepalive.ClientParameters{Time: 3 * b.interval(), Timeout: 5 * time.Second}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(b.credentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return b.setup.dial(ctx, "tcp", address)
		}),
		grpc.WithKeepaliveParams(silence),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: retry, MinConnectTimeout: connect}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithMaxHeaderListSize(maxHeaders),
		grpc.WithReadBufferSize(2 << 10),
		grpc.WithWriteBufferSize(2 << 10),
		grpc.WithStaticStreamWindowSize(window),
		grpc.WithStaticConnWindowSize(window),
		grpc.WithIdleTimeout(0),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithUserAgent("grpclbd"),
	}
}

// interval is the time in which something comes from a backend that works.
func (b *backend) interval() time.Duration {
	if b.byGRPC() {
		return b.setup.health.Interval
	}
	return b.setup.load.Interval
}

func (b *backend) credentials() credentials.TransportCredentials {
	if b.setup.health == nil || b.setup.health.TLS == nil {
		return insecure.NewCredentials()
	}
	return clienttls.Reload(*b.setup.health.TLS)
}
