package recipes

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/keepalive"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// takeOut has a backend get no more calls, and stops it when its calls have ended,
// or after patience. rest is the list without it.
func takeOut(b *lbserver.Balancer, service string, rest []lbserver.Server, backend *grpc.Server, patience time.Duration) error {
	if err := b.SetServers(service, rest); err != nil {
		return err
	}
	late := time.AfterFunc(patience, backend.Stop) // breaks the streams that are still open
	defer late.Stop()
	backend.GracefulStop()
	return nil
}

// moving is for backends: a stream lasts 30 min to 36 min, so that clients that keep
// streams open for long spread over backends that were added.
var moving = grpc.KeepaliveParams(keepalive.ServerParameters{
	MaxConnectionAge:      30 * time.Minute, // then no new calls on this connection, ±10 %
	MaxConnectionAgeGrace: 3 * time.Minute,  // then its streams break
})

// Backends are restarted one after the other while calls are made: none fails.
func TestRestart_Rolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, lbtest.NewMemory(), 0)
		var list []lbserver.Server
		var servers []*grpc.Server
		start := func(n int, address string) {
			var server *grpc.Server
			at := s.serve(address, func(r grpc.ServiceRegistrar) {
				server = r.(*grpc.Server)
				testpb.RegisterTestServiceServer(r, answering{number: n + 1})
			})
			if n == len(list) {
				list, servers = append(list, lbserver.Server{Address: at, Token: string("t") + string(rune('1'+n))}), append(servers, nil)
			}
			servers[n] = server
		}
		set := func(list []lbserver.Server) {
			if err := s.balancer.SetServers(lbtest.Service, list); err != nil {
				t.Error(err)
			}
		}
		for n := range 3 {
			start(n, "")
		}
		set(list)
		ch := s.open(`{"loadBalancingConfig": [{"grpclb": {}}]}`)
		var restarts sync.WaitGroup
		restarts.Go(func() {
			for n := range 3 {
				time.Sleep(time.Second)
				rest := append(append([]lbserver.Server{}, list[:n]...), list[n+1:]...)
				if err := takeOut(s.balancer, lbtest.Service, rest, servers[n], time.Minute); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				start(n, list[n].Address)
				set(list)
			}
		})
		by := s.calls(ch, 10*time.Second)
		restarts.Wait()
		if by[0] != 0 || by[1] < 40 || by[2] < 40 || by[3] < 40 {
			t.Errorf("calls during the restarts: %v", by)
		}
	})
}

// A stream goes on when its backend is taken off the list, and ends when the
// connection is too old.
func TestRestart_LongStreams(t *testing.T) {
	inBubble(t, 2, func(s *site) {
		s.list(1)
		ch := s.open(`{"loadBalancingConfig": [{"grpclb": {}}]}`)
		stream, err := ch.Converse(s.Context(), grpc.WaitForReady(true))
		if err != nil {
			t.Fatal(err)
		}
		s.list(2)
		begin := time.Now()
		for time.Since(begin) < time.Hour {
			time.Sleep(time.Minute)
			answer, err := stream.Ask()
			if err != nil {
				break
			}
			if answer.Backend != 1 {
				t.Fatalf("backend %d answers", answer.Backend)
			}
		}
		if took := time.Since(begin); took < 27*time.Minute || took > 38*time.Minute {
			t.Errorf("the stream ended after %v", took)
		}
		stream, err = ch.Converse(s.Context())
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := stream.Ask(); err != nil || answer.Backend != 2 {
			t.Errorf("the next stream: %+v, %v", answer, err)
		}
		_ = stream.End()
	}, moving)
}
