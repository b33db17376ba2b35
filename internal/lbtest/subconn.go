package lbtest

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"
)

// A SubConn is a connection of a [Parent]. It does nothing by itself: the test sees what the
// policy asks of it, and sets its state.
type SubConn struct {
	balancer.SubConn // nil: gRPC wants it embedded, and each method in use is below

	// Fixed when the policy makes it.
	Number  int // from 1, in the order in which they were made
	Address resolver.Address
	Options balancer.NewSubConnOptions
	t       testing.TB
	state   shared[subConnState]
}

type subConnState struct {
	connects int
	shut     bool
	current  connectivity.State
	health   func(balancer.SubConnState)
}

func newSubConn(t testing.TB, number int, addrs []resolver.Address, opts balancer.NewSubConnOptions) *SubConn {
	sc := &SubConn{Number: number, Options: opts, t: t, state: share(subConnState{})}
	if len(addrs) > 0 {
		sc.Address = addrs[0]
	}
	return sc
}

// String returns its number and address.
func (sc *SubConn) String() string { return fmt.Sprintf("SubConn %d (%s)", sc.Number, sc.Address.Addr) }

// Connect is called by the policy. After Shutdown it fails the test.
func (sc *SubConn) Connect() {
	var shut bool
	sc.state.update(func(s *subConnState) {
		shut = s.shut
		s.connects++
	})
	if shut {
		sc.t.Errorf("%v: Connect after Shutdown", sc)
	}
}

// Shutdown is called by the policy. gRPC would report SHUTDOWN a little later;
// here the test does, if it wants to.
func (sc *SubConn) Shutdown() {
	sc.state.update(func(s *subConnState) { s.shut = true })
}

// UpdateAddresses is deprecated.
func (sc *SubConn) UpdateAddresses([]resolver.Address) {
	sc.t.Errorf("%v: UpdateAddresses is deprecated", sc)
}

// RegisterHealthListener is called by some policies when the SubConn is READY.
// Nothing is reported to the listener but what SetHealth says.
func (sc *SubConn) RegisterHealthListener(listener func(balancer.SubConnState)) {
	sc.state.update(func(s *subConnState) { s.health = listener })
}

// GetOrBuildProducer builds a producer, one for each call: nothing that it does
// can get through.
func (sc *SubConn) GetOrBuildProducer(b balancer.ProducerBuilder) (balancer.Producer, func()) {
	return b.Build(nowhere{})
}

// nowhere is the connection of producers.
type nowhere struct{}

var errNowhere = status.Error(codes.Unavailable, "no connection")

func (nowhere) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { return errNowhere }

func (nowhere) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errNowhere
}

// Connects returns how often the policy asked for a connection.
func (sc *SubConn) Connects() (n int) {
	sc.state.view(func(s *subConnState) { n = s.connects })
	return n
}

// WaitConnects waits until the policy has asked for a connection n times. It
// fails the test after ten seconds.
func (sc *SubConn) WaitConnects(n int) {
	sc.t.Helper()
	expect(sc.t, sc.state, fmt.Sprintf("%v: Connect number %d", sc, n),
		func(s *subConnState) bool { return s.connects >= n })
}

// Shut reports whether the policy has shut it down.
func (sc *SubConn) Shut() (shut bool) {
	sc.state.view(func(s *subConnState) { shut = s.shut })
	return shut
}

// WaitShut waits until the policy has shut it down. It fails the test after
// ten seconds.
func (sc *SubConn) WaitShut() {
	sc.t.Helper()
	expect(sc.t, sc.state, fmt.Sprintf("%v: Shutdown", sc), func(s *subConnState) bool { return s.shut })
}

// State returns the state that was set last; IDLE before that.
func (sc *SubConn) State() (state connectivity.State) {
	sc.state.view(func(s *subConnState) { state = s.current })
	return state
}

// SetState tells the policy the state of the SubConn, on the caller's goroutine. An error is for
// TRANSIENT_FAILURE; more than one panics.
func (sc *SubConn) SetState(state connectivity.State, err ...error) {
	sc.state.update(func(s *subConnState) {
		s.current = state
		s.health = nil // good for one time of being READY
	})
	sc.Options.StateListener(subConnStateOf(state, err))
}

// SetHealth tells the health listener, on the caller's goroutine, and reports
// whether there is one.
func (sc *SubConn) SetHealth(state connectivity.State, err ...error) bool {
	var listener func(balancer.SubConnState)
	sc.state.view(func(s *subConnState) { listener = s.health })
	if listener == nil {
		return false
	}
	listener(subConnStateOf(state, err))
	return true
}

func subConnStateOf(state connectivity.State, err []error) balancer.SubConnState {
	switch len(err) {
	case 0:
		return balancer.SubConnState{ConnectivityState: state}
	case 1:
		return balancer.SubConnState{ConnectivityState: state, ConnectionError: err[0]}
	}
	panic(fmt.Sprintf("more than one error: %v", err))
}
