package lbtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// roundRobin is the policy for tests of backends and channels alone.
var roundRobin = grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`)

// channelTo returns a channel with round_robin over the backends.
func channelTo(t *testing.T, network Network, backends ...*Backend) *Channel {
	t.Helper()
	c := NewChannel(t, network, "", roundRobin)
	var addrs []string
	for _, b := range backends {
		addrs = append(addrs, b.Addr())
	}
	if err := c.Resolve(nil, addrs...); err != nil {
		t.Fatal(err)
	}
	return c
}

// withToken is a context for calls that carry tokens as the policy would.
func withToken(ctx context.Context, tokens ...string) context.Context {
	for _, token := range tokens {
		ctx = metadata.AppendToOutgoingContext(ctx, "lb-token", token)
	}
	return ctx
}

func TestBackend_TellsItsNumberAndTheToken(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 7)
		c := channelTo(t, network, b)
		var tokens []string
		for _, test := range []struct {
			tokens []string
			want   string
		}{
			{nil, NoToken},
			{[]string{""}, ""},
			{[]string{"two words"}, "two words"},
			{[]string{"a", "b"}, "a,b"},
		} {
			tokens = append(tokens, test.want)
			got, err := c.Unary(withToken(short(t), test.tokens...))
			if want := (Answer{7, test.want}); got != want || err != nil {
				t.Errorf("answer %v, %v; want %v", got, err, want)
			}
		}
		if got := b.Tokens(); !slices.Equal(got, tokens) {
			t.Errorf("tokens %q, want %q", got, tokens)
		}
		if b.Calls() != 4 || b.Conns() != 1 || b.Open() != 1 || b.InFlight() != 0 {
			t.Errorf("%d calls on %d connections, %d open, %d in flight; want 4, 1, 1, 0",
				b.Calls(), b.Conns(), b.Open(), b.InFlight())
		}
	})
}

func TestBackend_Converses(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 7)
		talk, err := channelTo(t, network, b).Converse(withToken(short(t), "tick"))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := talk.Ask(); got != (Answer{7, "tick"}) || err != nil {
				t.Errorf("answer %v, %v; want backend 7 and tick", got, err)
			}
		}
		if n := b.InFlight(); n != 1 {
			t.Errorf("%d calls in flight, want the one", n)
		}
		if err := talk.End(); err != nil {
			t.Errorf("the call ended with %v, want OK", err)
		}
		if b.Calls() != 1 {
			t.Errorf("%d calls, want 1", b.Calls())
		}
		b.WaitInFlight(0)
		if _, err := talk.Ask(); err == nil {
			t.Error("an answer after the end")
		}
	})
}

func TestBackend_HoldsAndReleases(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		c := channelTo(t, network, b)
		for range 2 { // and once more after Release
			b.Hold()
			b.Hold() // does nothing
			answers := make(chan error, 3)
			for range cap(answers) {
				go func() {
					_, err := c.Unary(short(t))
					answers <- err
				}()
			}
			b.WaitInFlight(3)
			if len(answers) > 0 {
				t.Error("an answer while answers are held")
			}
			b.Release()
			b.Release() // does nothing
			for range cap(answers) {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
			b.WaitInFlight(0)
		}
	})
}

func TestBackend_HeldCallsEndWithTheClient(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		c := channelTo(t, network, b)
		b.Hold()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Unary(ctx); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("the call ended with %v, want its deadline", err)
		}
		b.WaitInFlight(0)
	})
}

func TestBackend_WaitInFlightFailsAfterTenSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		b := NewBackend(j, network, 3)
		wrong := j.verdict(func() { b.WaitInFlight(2) })
		if len(wrong) != 1 || !strings.Contains(wrong[0], "2 calls in flight at backend 3") {
			t.Errorf("said %q, want what it waited for", wrong)
		}
	})
}

func TestBackend_StopAndRestart(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		addr := b.Addr()
		// On sockets the backoff is waited for.
		quick := backoff.Config{BaseDelay: time.Millisecond, Multiplier: 1, MaxDelay: time.Millisecond}
		c := NewChannel(t, network, "", roundRobin,
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: quick, MinConnectTimeout: time.Second}))
		if err := c.Resolve(nil, addr); err != nil {
			t.Fatal(err)
		}
		b.Hold()
		failed := make(chan error, 1)
		go func() {
			_, err := c.Unary(short(t))
			failed <- err
		}()
		b.WaitInFlight(1)
		b.Stop()
		if err := <-failed; status.Code(err) != codes.Unavailable {
			t.Errorf("the call ended with %v, want UNAVAILABLE", err)
		}
		if b.Open() != 0 || b.InFlight() != 0 {
			t.Errorf("%d connections, %d calls after Stop", b.Open(), b.InFlight())
		}
		b.Release()
		b.Restart()
		if b.Addr() != addr || b.Address().Addr != addr {
			t.Errorf("restarted at %s, want %s", b.Addr(), addr)
		}
		if _, err := c.Unary(short(t), grpc.WaitForReady(true)); err != nil {
			t.Error(err)
		}
		if b.Calls() != 2 || b.Conns() < 2 || b.Open() != 1 {
			t.Errorf("%d calls on %d connections, %d open; want 2, 2 or more, 1", b.Calls(), b.Conns(), b.Open())
		}
	})
}

func TestBackend_CutIsSeenByTheClient(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		b := NewBackend(t, network, 1)
		c := channelTo(t, network, b)
		talk, err := c.Converse(short(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := talk.Ask(); err != nil {
			t.Fatal(err)
		}
		network.Cut(b.Addr())
		if err := talk.End(); status.Code(err) != codes.Unavailable {
			t.Errorf("the call ended with %v, want UNAVAILABLE", err)
		}
		synctest.Wait()
		if b.Conns() != 2 || b.Open() != 1 {
			t.Errorf("%d connections, %d open; want a second one instead of the first", b.Conns(), b.Open())
		}
	})
}

func TestBackend_ZeroIsNoNumber(t *testing.T) {
	inBubble(t, func(t *testing.T, network Network) {
		j := newJudge(t)
		if wrong := j.verdict(func() { NewBackend(j, network, 0) }); len(wrong) != 1 {
			t.Errorf("said %q, want that zero is no number", wrong)
		}
	})
}

func TestAnswer_OnlyBackendsGiveOne(t *testing.T) {
	for _, body := range []string{"", "7", "seven tick"} {
		if a, err := decode(&testpb.Payload{Body: []byte(body)}); err == nil {
			t.Errorf("%q is the answer %v", body, a)
		}
	}
}
