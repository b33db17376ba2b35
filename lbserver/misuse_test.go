package lbserver

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
)

// Mistakes in the program's code panic with a text that says what to do.
func TestServer_Misuse(t *testing.T) {
	made := New(Options{})
	defer made.Close()
	var zero Balancer
	var server *grpc.Server
	for name, test := range map[string]struct {
		does func()
		says string
	}{
		"SetServers":   {func() { zero.SetServers(greeter, nil) }, "made by New"},
		"SetFallback":  {func() { zero.SetFallback(greeter) }, "made by New"},
		"Expect":       {func() { zero.Expect(greeter) }, "made by New"},
		"Remove":       {func() { zero.Remove(greeter) }, "made by New"},
		"RemoveFor":    {func() { zero.RemoveFor(greeter, "") }, "made by New"},
		"State":        {func() { zero.State() }, "made by New"},
		"Close":        {func() { zero.Close() }, "made by New"},
		"BalanceLoad":  {func() { zero.BalanceLoad(&wire{ctx: context.Background()}) }, "made by New"},
		"Register":     {func() { zero.Register(grpc.NewServer()) }, "made by New"},
		"no server":    {func() { made.Register(nil) }, "gRPC server"},
		"a nil server": {func() { made.Register(server) }, "gRPC server"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "lbserver: ") || !strings.Contains(text, test.says) {
					t.Errorf("it panics with %q, want %q", text, test.says)
				}
			}()
			test.does()
		})
	}
}
