package etcddial

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An etcd that was away for 5 minutes is tried every 2 s still.
func TestOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialed := make(chan time.Time, 1000)
		cc, err := grpc.NewClient("passthrough:///etcd", Often(),
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`), // as etcd's client
			grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
				dialed <- time.Now()
				return nil, errors.New("etcd is away")
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer cc.Close()
		cc.Connect()
		last := <-dialed
		for end := last.Add(5 * time.Minute); last.Before(end); {
			next := <-dialed
			if wait := next.Sub(last); wait > 2*time.Second {
				t.Fatalf("after %v the next attempt came %v later", last.Sub(end.Add(-5*time.Minute)), wait)
			}
			last = next
		}
	})
}
