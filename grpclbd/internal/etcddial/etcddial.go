// Package etcddial says how often clients of etcd connect again.
package etcddial

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// Often connects again within 2 s, however long etcd has been away. By gRPC's default it may take
// 2 min; an etcd that is back ends a lease that nobody renews after 10 s, and with it the key
// of a server that still runs.
func Often() grpc.DialOption {
	return grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 1500 * time.Millisecond},
		MinConnectTimeout: 2 * time.Second,
	})
}
