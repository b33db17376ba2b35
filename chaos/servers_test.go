package main

import (
	"context"
	"runtime"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/chaos/proxy"
)

const testLimit = 10 * time.Second

// asks makes calls to an address, each over a connection of its own.
func asks(t *testing.T, addr, token string) (*testpb.Payload, error) {
	t.Helper()
	cc, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), testLimit)
	defer cancel()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "lb-token", token)
	}
	answer, err := testpb.NewTestServiceClient(cc).UnaryCall(ctx, &testpb.SimpleRequest{})
	return answer.GetPayload(), err
}

// A site keeps its address through stops, until it moves.
func TestSite_StopsStartsAndMoves(t *testing.T) {
	s, err := newSite("test")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	first := s.addr()
	reached := func(addr string) bool {
		t.Helper()
		_, err := asks(t, addr, "")
		return err == nil
	}
	for range 2 {
		if err := s.start(newBackend()); err != nil {
			t.Fatal(err)
		}
		if s.addr() != first || !reached(first) {
			t.Errorf("at %s nobody is reached, it was %s", s.addr(), first)
		}
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if err := s.stop(); err != nil {
			t.Errorf("stopping again: %v", err)
		}
		if reached(first) {
			t.Error("it is reached though it is stopped")
		}
	}
	if err := s.start(newBackend()); err != nil {
		t.Fatal(err)
	}
	if err := s.move(); err != nil {
		t.Fatal(err)
	}
	if s.addr() == first || !reached(s.addr()) || reached(first) {
		t.Errorf("it moved from %s to %s", first, s.addr())
	}
}

// A server may be stopped before it has begun to serve.
func TestSite_StopsAtOnce(t *testing.T) {
	for range 100 {
		s, err := newSite("test")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.start(newBackend()); err != nil {
			t.Fatal(err)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// An answer tells by which list its call went.
func TestBackend_TellsTheList(t *testing.T) {
	s, err := newSite("test")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.start(newBackend()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	for token, want := range map[string]int{"": noList, "17/0": 17, "123/11": 123} {
		answer, err := asks(t, s.addr(), token)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := listOf(answer); got != want || err != nil {
			t.Errorf("token %q is list %d (%v), want %d", token, got, err, want)
		}
	}
	for _, odd := range []*testpb.Payload{nil, {Body: []byte("odd")}, {Body: []byte("/1")}} {
		if n, err := listOf(odd); err == nil {
			t.Errorf("%v is list %d", odd, n)
		}
	}
}

func TestServers_Names(t *testing.T) {
	seen := make(map[string]bool)
	for i := range serverCount {
		seen[nameOf(i)] = true
	}
	if len(seen) != serverCount || nameOf(firstFallback) != "fallback 1" || nameOf(firstBalancer) != "balancer 1" {
		t.Errorf("%v", seen)
	}
}

// Who is still at a call is seen, and a caller that does not come back is too.
func TestCallers_SeeWhatIsInFlight(t *testing.T) {
	s, err := newSite("test")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.start(newBackend()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	cc, err := grpc.NewClient("passthrough:///"+s.addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	if _, err := testpb.NewTestServiceClient(cc).EmptyCall(t.Context(), &testpb.Empty{}); err == nil {
		t.Fatal("backends have no EmptyCall")
	}
	s.proxy.Set(proxy.Weather{Hole: true})
	outcomes := make(chan outcome, 100*callersCount) // room for what nobody takes
	calls := startCallers(cc, manner{limit: time.Second}, outcomes)
	for i := range calls.since {
		for calls.since[i].Load() == 0 {
			runtime.Gosched() // until each has begun
		}
	}
	if calls.stop(time.Millisecond) {
		t.Error("all calls were over at once, though they went into a black hole")
	}
	if now := time.Now(); !calls.beganBefore(now) || calls.beganBefore(now.Add(-testLimit)) {
		t.Error("the calls in flight began at another time")
	}
	if !calls.stop(testLimit) {
		t.Error("the calls did not end at their deadline")
	}
	if calls.beganBefore(time.Now()) {
		t.Error("a call is in flight")
	}
	for len(outcomes) > 0 {
		if o := <-outcomes; o.err == nil || o.server != s.addr() || o.streaming != (o.caller%4 == 3) {
			t.Errorf("%+v", o)
		}
	}
}

func TestCensus_Counts(t *testing.T) {
	c, err := newCensus()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	want := func(h headCount) {
		t.Helper()
		if got, err := c.count(); got != h || err != nil {
			t.Errorf("%+v (%v), want %+v", got, err, h)
		}
	}
	want(headCount{})
	client, err := dial([]string{"127.0.0.1:1"}, nil, new(attempts))
	if err != nil {
		t.Fatal(err)
	}
	want(headCount{channels: 1})
	client.conn.Connect()
	for end := time.Now().Add(testLimit); ; {
		if got, err := c.count(); err != nil || got.nested > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the channel to the balancers is not counted")
		}
	}
	if err := client.conn.Close(); err != nil {
		t.Error(err)
	}
	want(headCount{})
}
