package lbtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
)

// NoToken stands for the lb-token of a call that had no such header.
const NoToken = "<none>"

// A Backend is a server of grpc.testing.TestService that answers UnaryCall,
// and each message of a FullDuplexCall, with its number and the lb-token that
// it saw; see [Answer].
type Backend struct {
	Number int // not zero, which an empty Answer has
	server *server
	state  shared[backendState]
}

type backendState struct {
	tokens   []string      // one per call that arrived
	inFlight int           // calls inside a handler
	gate     chan struct{} // closed by Release; nil while nothing is held
}

// NewBackend starts a backend on network and stops it when the test ends. The
// number is the test's name for it and must not be zero.
func NewBackend(t testing.TB, network Network, number int, options ...grpc.ServerOption) *Backend {
	t.Helper()
	if number == 0 {
		t.Fatal("a backend's number must not be zero")
	}
	b := &Backend{Number: number, state: share(backendState{})}
	b.server = &server{t: t, network: network, options: options}
	b.server.register = func(s *grpc.Server) {
		testpb.RegisterTestServiceServer(s, &backendService{backend: b})
	}
	b.server.begin()
	t.Cleanup(b.Stop)
	return b
}

// Addr returns where the backend listens, an "ip:port".
func (b *Backend) Addr() string { return b.server.addr }

// Address returns the same as a resolver would, without a server name.
func (b *Backend) Address() resolver.Address { return resolver.Address{Addr: b.Addr()} }

// Calls returns how many calls have arrived so far.
func (b *Backend) Calls() int { return len(b.Tokens()) }

// Tokens returns the lb-token of each call, in the order in which they arrived;
// [NoToken] if the header was absent, and values joined by "," if it was there
// more than once.
func (b *Backend) Tokens() (tokens []string) {
	b.state.view(func(s *backendState) { tokens = slices.Clone(s.tokens) })
	return tokens
}

// InFlight returns how many calls are inside a handler.
func (b *Backend) InFlight() (n int) {
	b.state.view(func(s *backendState) { n = s.inFlight })
	return n
}

// WaitInFlight waits until n calls are inside a handler. It fails the test
// after ten seconds.
func (b *Backend) WaitInFlight(n int) {
	b.server.t.Helper()
	expect(b.server.t, b.state, fmt.Sprintf("%d calls in flight at backend %d", n, b.Number),
		func(s *backendState) bool { return s.inFlight == n })
}

// Conns returns how many connections were made so far.
func (b *Backend) Conns() int { return int(b.server.conns.Load()) }

// Open returns how many connections are open now.
func (b *Backend) Open() int { return int(b.server.open.Load()) }

// Hold makes every handler wait before it answers, until Release or until the call is
// cancelled.
func (b *Backend) Hold() {
	b.state.update(func(s *backendState) {
		if s.gate == nil {
			s.gate = make(chan struct{})
		}
	})
}

// Release ends Hold: handlers that wait answer, and later ones do at once.
func (b *Backend) Release() {
	b.state.update(func(s *backendState) {
		if s.gate != nil {
			close(s.gate)
			s.gate = nil
		}
	})
}

// Stop breaks all connections and stops listening. Calls fail.
func (b *Backend) Stop() { b.server.stop() }

// Restart listens at the same address again, after Stop or instead of it.
func (b *Backend) Restart() {
	b.server.t.Helper()
	b.server.restart()
}

// enter counts a call in and returns the token it came with.
func (b *Backend) enter(ctx context.Context) string {
	token := NoToken
	if values := metadata.ValueFromIncomingContext(ctx, "lb-token"); len(values) > 0 {
		token = strings.Join(values, ",")
	}
	b.state.update(func(s *backendState) {
		s.tokens = append(s.tokens, token)
		s.inFlight++
	})
	return token
}

// leave counts a call out.
func (b *Backend) leave() {
	b.state.update(func(s *backendState) { s.inFlight-- })
}

// pass waits while answers are held.
func (b *Backend) pass(ctx context.Context) error {
	var gate chan struct{}
	b.state.view(func(s *backendState) { gate = s.gate })
	if gate == nil {
		return nil
	}
	select {
	case <-gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
