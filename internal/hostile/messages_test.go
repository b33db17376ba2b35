package hostile

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/protobuf/proto"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// Bytes that are no message, messages that end in the middle, and one that is
// larger than gRPC takes by default (4 MiB).
func TestSecure_Hostile_Undecodable(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"garbage":       []byte("\xff\xff\xff\xff"),
		"cut short":     {0x12, 0x7f, 0x0a},
		"group":         {0x0b, 0x13, 0x1b},
		"not UTF-8":     {0x12, 0x07, 0x0a, 0x05, 0x1a, 0x03, 'a', 0xff, 0xfe},
		"over the size": make([]byte, 4*mib+1),
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inTenMinutes, line: noList}, func(v *victim) {
				v.lb.turn(func(c caller) error { return c.bytes(bytes) })
				v.resolve()
				v.servedFor(10*time.Minute, fallback)
			})
		})
	}
}

// The same from a balancer that has begun well: its list stays in use.
func TestSecure_Hostile_UndecodableAfterAList(t *testing.T) {
	attack(t, bounds{heap: mib, calls: inTenMinutes, line: lost}, func(v *victim) {
		c := v.trusting()
		v.lb.turn(func(c caller) error { return c.bytes([]byte("\xff")) })
		c.HangUp(nil)
		v.servedFor(10*time.Minute, listed)
	})
}

// A user may allow less, and then a list that is longer is no list.
func TestSecure_Hostile_StricterSize(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inAMinute, line: "larger than max (70000 vs. 65536)"}, func(v *victim) {
		v.lb.turn(func(c caller) error { return c.bytes(make([]byte, 70_000)) })
		v.resolve()
		v.servedFor(time.Minute, fallback)
	}, grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"`+strict+`":{"streamBackoff":{"jitter":0}}}]}`))
}

// A message of 4 KiB that would be one of 4 MiB and more if it were unpacked.
func TestSecure_Hostile_Bomb(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inAMinute, line: noList}, func(v *victim) {
		v.lb.turn(func(c caller) error {
			if err := grpc.SetSendCompressor(c.Context(), gzip.Name); err != nil {
				t.Error(err)
			}
			return c.bytes(make([]byte, 4*mib+1))
		})
		v.resolve()
		v.servedFor(3*time.Second, fallback)
	})
}

// Messages that say nothing, or what this client does not know, and ten
// thousand of them. The call is not ended for it, and one of them is logged.
func TestSecure_Hostile_UnknownMessages(t *testing.T) {
	attack(t, bounds{heap: mib, line: "a message of unknown kind is ignored"}, func(v *victim) {
		c := v.trusting()
		unknown := &lbpb.LoadBalanceResponse{}
		if err := proto.Unmarshal([]byte{0x7a, 0x02, 'h', 'i'}, unknown); err != nil {
			t.Fatal(err)
		}
		for range 5000 {
			c.Send(unknown)
			c.Send(&lbpb.LoadBalanceResponse{})
		}
		v.servedFor(time.Minute, listed)
	})
}

// It introduces itself ten thousand times.
func TestSecure_Hostile_InitialResponses(t *testing.T) {
	attack(t, bounds{heap: mib, line: "a second initial response is ignored"}, func(v *victim) {
		c := v.trusting()
		for i := range 10_000 {
			c.Initial(time.Duration(i) * time.Millisecond)
		}
		v.servedFor(time.Minute, listed)
	})
}
