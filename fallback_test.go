package grpclb_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestFallback_Timer(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.until(time.Minute) // the time is counted from the first balancer
		c := w.connect(b[1])
		w.until(time.Minute + 10*time.Second - time.Millisecond)
		w.waits()
		w.until(time.Minute + 10*time.Second)
		w.served(2)
		same(w, "time in fallback", time.Since(w.start), time.Minute+10*time.Second)
		w.send(c, b[0])
		w.served(1)
	})
}

func TestFallback_TimerByConfig(t *testing.T) {
	inBubble(t, `{"initialFallbackTimeout":"0.5s"}`, func(w *world) {
		p := w.begin(w.Context())
		w.resolve(w.backends(1)...)
		<-p.done
		same(w, "time of the answer", p.after, 500*time.Millisecond)
	})
}

func TestFallback_TimerChanges(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		p := w.begin(w.Context())
		w.resolve(b...)
		w.until(time.Second)
		if err := w.ch.Configure(`{"initialFallbackTimeout":"3s"}`); err != nil {
			w.Fatal(err)
		}
		w.resolve(b...) // says nothing new, and begins nothing anew
		<-p.done
		same(w, "time of the answer", p.after, 3*time.Second)
	})
}

// A list is a list: its backends may take as long as they like.
func TestFallback_TimerStopsAtAList(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.network.Blackhole(b[0].Addr(), true)
		w.until(10*time.Second - time.Millisecond)
		w.send(c, b[0])
		w.until(15 * time.Second)
		w.waits()
		same(w, "dials of the fallback backend", len(w.network.Dials(b[1].Addr())), 0)
	})
}

func TestFallback_Unreachable(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.lb.Stop()
		w.resolve(w.backends(1)...)
		w.served(1)
		same(w, "time to fallback", time.Since(w.start), 0)
	})
}

// With several balancers, all of them have to fail.
func TestFallback_UnreachableAltogether(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.resolveTo([]resolver.Address{nobody, w.lb.Address()}, b[1])
		w.waits()
		w.send(w.answered(), b[0])
		w.served(1)
	})
}

func TestFallback_UnreachableMidCall(t *testing.T) {
	for name, end := range map[string]func(*world, *lbtest.Call){
		"hang-up":    func(_ *world, c *lbtest.Call) { c.HangUp(nil) },
		"error":      func(_ *world, c *lbtest.Call) { c.HangUp(status.Error(codes.NotFound, "who?")) },
		"connection": func(w *world, _ *lbtest.Call) { w.network.Cut(w.lb.Addr()) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				c := w.connect(w.backends(1)...)
				w.until(time.Second)
				end(w, c)
				w.served(1)
				same(w, "time to fallback", time.Since(w.start), time.Second)
			})
		})
	}
}

func TestFallback_None(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.resolveTo(nil, b[1])
		w.served(2)
		same(w, "time to fallback", time.Since(w.start), 0)
		w.send(w.connect(b[1]), b[0]) // a balancer that comes later is used
		w.served(1)
	})
}

// Healthy backends or not, and as the first thing that is said.
func TestFallback_Asked(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		c.Fallback()
		synctest.Wait()
		w.served(2)
		w.send(c, b[0])
		w.served(1)
		c.Fallback()
		synctest.Wait()
		w.served(2)
		same(w, "time in all", time.Since(w.start), 0)
		same(w, "balancer streams", w.lb.Calls(), 1)
	})
}

func TestFallback_Update(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		w.resolveTo(nil, b[0], b[1])
		w.rotates("1 2")
		w.resolveTo(nil, b[1], b[2])
		w.rotates("2 3")
		w.resolve(b[1], b[2])
		w.rotates("2 3")
		same(w, "connections to the one in both", b[1].Conns(), 1)
		w.pause(time.Minute)
		same(w, "open connections to the one that is gone", b[0].Open(), 0)
	})
}

func TestFallback_Empty(t *testing.T) {
	const none = "no backend to fall back to"
	for name, c := range map[string]struct {
		because string
		cause   func(*world)
	}{
		"timeout":       {"10s", func(w *world) { w.connect(); w.until(10 * time.Second) }},
		"stream error":  {"out of order", func(w *world) { w.connect().HangUp(errors.New("out of order")) }},
		"stream status": {"who?", func(w *world) { w.connect().HangUp(status.Error(codes.NotFound, "who?")) }},
		"hang-up":       {"the balancer ended the stream", func(w *world) { w.connect().HangUp(nil) }},
		"unreachable":   {"connection refused", func(w *world) { w.lb.Stop(); w.resolve() }},
		"asked":         {"the balancer asked for it", func(w *world) { w.connect().Fallback() }},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				c.cause(w)
				w.state(connectivity.TransientFailure)
				w.fails("fallback", "balancer", c.because, none)
				same(w, "a call that is wait-for-ready", w.call(grpc.WaitForReady(true)), "wait")
			})
		})
	}
}

// By a health listener, as by the option HealthCheckEnabled, a service config with
// healthCheckConfig has its way.
func TestFallback_Health(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, []string{"10.0.0.2:80"})
		r.list(lbtest.Server("10.0.0.1:80", "t"))
		r.call.Fallback()
		synctest.Wait()
		same(t, "address of the fallback backend", r.parent.SubConn(2).Address.Addr, "10.0.0.2:80")
		for n, checked := range []bool{false, true} {
			sc := r.parent.SubConn(n + 1)
			sc.SetState(connectivity.Ready)
			synctest.Wait()
			same(t, "health checks by option", sc.Options.HealthCheckEnabled, false)
			same(t, "health checks of "+sc.Address.Addr, sc.SetHealth(connectivity.Ready), checked)
		}
	})
}
