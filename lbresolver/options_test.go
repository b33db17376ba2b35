package lbresolver

import (
	"context"
	"math"
	"net"
	"testing"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/resolver"
)

func TestRegistered(t *testing.T) {
	if b, ok := resolver.Get("grpclb").(*Builder); !ok || b.Scheme() != Scheme {
		t.Errorf("the scheme has %T", resolver.Get("grpclb"))
	}
	if b := NewBuilder(WithScheme("lb")); b.Scheme() != "lb" {
		t.Errorf("the scheme is %q", b.Scheme())
	}
}

// Figures out of range keep their defaults, or mean none.
func TestOptions_OutOfRange(t *testing.T) {
	nan := math.NaN()
	for name, o := range map[string]Option{
		"zero":     WithBackoff(backoff.Config{Jitter: defaults.backoff.Jitter}),
		"negative": WithBackoff(backoff.Config{BaseDelay: -1, Multiplier: 0.5, Jitter: -1, MaxDelay: -1}),
		"NaN":      WithBackoff(backoff.Config{Multiplier: nan, Jitter: nan}),
		"jitter":   WithBackoff(backoff.Config{Jitter: 1.1}),
	} {
		if got := NewBuilder(o).figures; got != defaults {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if got := NewBuilder(WithMinInterval(-1), WithKeep(-1), WithRefresh(-1)).figures; got.interval != 0 || got.keep != 0 || got.refresh != 0 {
		t.Errorf("got %+v", got)
	}
}

// A connection to a DNS server that says nothing does not outlive its look-up.
// If it did, the Read would last for ever.
func TestPrompt(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := prompt(func(context.Context, string, string) (net.Conn, error) { return here, nil })(ctx, "udp", "")
	if err != nil || conn != here {
		t.Fatalf("got %v, %v", conn, err)
	}
	cancel()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
}
