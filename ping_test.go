package grpclb_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// A pinged is a ping that was begun and may be waiting.
type pinged struct {
	rtt   time.Duration
	err   error
	after time.Duration // since the start of the test
	done  chan struct{} // closed at the end; the rest is set before
}

// ping begins a ping that waits for as long as ctx allows.
func (w *world) ping(ctx context.Context) *pinged {
	synctest.Wait()
	p := &pinged{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.rtt, p.err = grpclb.Ping(ctx, w.ch.CC)
		p.after = time.Since(w.start)
	}()
	synctest.Wait()
	return p
}

// alive fails the test unless a ping comes back at once.
func (w *world) alive() {
	w.Helper()
	if p := w.ping(w.Context()); !over(p.done) || p.err != nil {
		w.Errorf("after %v a ping comes to %v", time.Since(w.start), p.err)
	}
}

// answersPings is an option for a backend that answers what it does not know with
// code, and counts it.
func answersPings(code codes.Code, after time.Duration, count chan<- metadata.MD) grpc.ServerOption {
	return grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		md, _ := metadata.FromIncomingContext(s.Context())
		count <- md
		time.Sleep(after)
		return status.Error(code, "not here")
	})
}

// Whatever a backend says to it, it is alive. The time is that of the round
// trip, without the time for which the ping waited.
func TestPing_AnyAnswerIsProof(t *testing.T) {
	for _, code := range []codes.Code{codes.OK, codes.Unimplemented, codes.Unavailable, codes.PermissionDenied} {
		inBubble(t, "", func(w *world) {
			seen := make(chan metadata.MD, 1)
			b := lbtest.NewBackend(w.T, w.network, 1, answersPings(code, 3*time.Millisecond, seen))
			c := w.connect()
			p := w.ping(w.Context())
			w.until(2 * time.Second)
			w.send(c, b)
			w.until(3 * time.Second)
			if !over(p.done) || p.err != nil {
				w.Fatalf("%v: the ping comes to %v", code, p.err)
			}
			same(w, "round trip", p.rtt, 3*time.Millisecond)
			if md := <-seen; len(md["lb-token"]) > 0 {
				w.Errorf("a ping carries the token %v", md["lb-token"])
			}
		})
	}
}

func TestPing_GoesRoundTheBackends(t *testing.T) {
	inBubble(t, "", func(w *world) {
		seen := []chan metadata.MD{make(chan metadata.MD, 9), make(chan metadata.MD, 9)}
		one := lbtest.NewBackend(w.T, w.network, 1, answersPings(codes.Unimplemented, 0, seen[0]))
		two := lbtest.NewBackend(w.T, w.network, 2, answersPings(codes.Unimplemented, 0, seen[1]))
		w.send(w.connect(), one, two)
		first := w.call()
		for range 5 {
			w.alive()
		}
		same(w, "pings of the busier backend", max(len(seen[0]), len(seen[1])), 3)
		same(w, "pings of the other", min(len(seen[0]), len(seen[1])), 2)
		if second := w.call(); second == first {
			w.Errorf("pings took turns of calls: two calls in a row went to %s", second)
		}
	})
}

// A ping waits where calls fail, too: while no backend can be reached, and
// while every call is dropped.
func TestPing_WaitsForABackend(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		b := w.backends(1)
		b[0].Stop()
		c := w.connect()
		early := w.ping(w.Context())
		w.send(c, b[0])
		w.fails("balancer")
		late := w.ping(w.Context())
		w.list(c, lbtest.Drop("d"))
		w.fails("drop")
		dropped := w.ping(w.Context())
		w.until(time.Minute)
		b[0].Restart()
		w.send(c, b[0])
		w.until(2 * time.Minute)
		for _, p := range []*pinged{early, late, dropped} {
			if !over(p.done) || p.err != nil {
				w.Errorf("a ping comes to %v", p.err)
			}
		}
	})
}

func TestPing_EndsWithItsContext(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.connect()
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
		defer cancel()
		p := w.ping(ctx)
		<-p.done
		same(w, "end", p.after, 5*time.Second)
		same(w, "code", status.Code(p.err), codes.DeadlineExceeded)
	})
}

// A ping that was sent and not answered is no proof.
func TestPing_UnansweredIsAnError(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := lbtest.NewBackend(w.T, w.network, 1, answersPings(codes.OK, time.Hour, make(chan metadata.MD, 1)))
		w.send(w.connect(), b)
		w.served(1)
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		p := w.ping(ctx)
		w.until(time.Minute)
		same(w, "code", status.Code(p.err), codes.DeadlineExceeded)
	})
}

func TestPing_IsNeverDropped(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		w.list(w.connect(), lbtest.Drop("d"), servers(b...)[0])
		for range 10 {
			w.alive()
		}
		if got := w.fates(4, grpc.WaitForReady(true)); !turns(got, "drop 1") {
			w.Errorf("pings took turns of drops: calls come to %s", got)
		}
	})
}

func TestPing_IsNotReported(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		w.resolve()
		c := w.lb.Next()
		c.Initial(time.Second)
		w.list(c, servers(b[0])...)
		w.alive()
		w.calls(2)
		w.alive()
		w.until(time.Second)
		same(w, "calls in the report", c.Report().NumCallsStarted, 2)
	})
}

func TestPing_InFallback(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.resolveTo(nil, w.backends(1)...)
		w.alive()
	})
}

// A child policy picks the backend that is pinged.
func TestPing_OfAChildPolicy(t *testing.T) {
	inBubble(t, `{"childPolicy":[{"pick_first":{}}]}`, func(w *world) {
		b := w.backends(2)
		w.resolve()
		c := w.lb.Next()
		c.Initial(time.Second)
		early := w.ping(w.Context())
		w.list(c, append(servers(b...), lbtest.Drop("d"))...)
		if !over(early.done) || early.err != nil {
			w.Errorf("the ping that waited comes to %v", early.err)
		}
		for range 4 {
			w.alive()
		}
		w.until(time.Second)
		same(w, "calls in the report", c.Report().NumCallsStarted, 0)
	})
}

// pickFirst returns a channel of another policy to a backend.
func (w *world) pickFirst() *grpc.ClientConn {
	cc, err := grpc.NewClient("passthrough:///"+w.backends(1)[0].Addr(), grpc.WithContextDialer(w.network.Dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = cc.Close() })
	return cc
}

// Over a channel with another policy nothing is learned, and that is said.
func TestPing_OfAnotherPolicy(t *testing.T) {
	inBubble(t, "", func(w *world) {
		cc := w.pickFirst()
		_, err := grpclb.Ping(w.Context(), cc)
		if err == nil {
			w.Fatal("a ping over pick_first succeeds")
		}
		contains(w, err.Error(), "policy", "grpclb")
	})
}
