package recipes

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// pings are for clients: a backend that answers no ping for 5 s is given up.
var pings = grpc.WithKeepaliveParams(keepalive.ClientParameters{
	Time:    20 * time.Second, // of silence; at least 10 s
	Timeout: 5 * time.Second,
})

// allowPings is for backends: without it they cut off who pings more than every 5 min.
var allowPings = grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
	MinTime:             10 * time.Second,
	PermitWithoutStream: true,
})

// A machine that vanishes loses its calls until a ping is not answered, and then
// gets none.
func TestHang_Keepalive(t *testing.T) {
	inBubble(t, 3, func(s *site) {
		ch := s.open(`{"loadBalancingConfig": [{"grpclb": {}}]}`, pings)
		s.calls(ch, time.Second)
		s.network.Blackhole(s.backends[0].Addr(), true)
		s.network.Freeze(s.backends[0].Addr())
		if by := s.calls(ch, 26*time.Second); by[0] < 155 || by[0] > 180 {
			t.Errorf("in the first 26 s: %v", by)
		}
		if by := s.calls(ch, 10*time.Second); by[0] != 0 {
			t.Errorf("after that: %v", by)
		}
		s.network.Blackhole(s.backends[0].Addr(), false)
		s.sleep(2 * time.Minute) // the reconnect backoff
		if by := s.calls(ch, time.Second); by[1] < 6 {
			t.Errorf("when it is back: %v", by)
		}
	}, allowPings)
}

// A process that hangs answers pings: its calls reach their deadlines for ever.
func TestHang_ProcessKeepsItsConnection(t *testing.T) {
	inBubble(t, 3, func(s *site) {
		ch := s.open(`{"loadBalancingConfig": [{"grpclb": {}}]}`, pings)
		s.backends[0].Hold()
		s.calls(ch, time.Minute)
		if by := s.calls(ch, 10*time.Second); by[0] < 65 || by[0] > 68 {
			t.Errorf("a third of 200 calls should fail: %v", by)
		}
	}, allowPings)
}
