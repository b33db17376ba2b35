package main

import (
	"strings"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/health" // the client's side of health checks
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var fallbackParts = []part{
	{rule: "fallback.timer", should: "a silent balancer: fallback 10 s after the resolver named it", play: silent},
	{rule: "fallback.timer", should: "initialFallbackTimeout sets that time (here to 1 s)", config: `{"initialFallbackTimeout":"1s"}`, play: silentForASecond},
	{rule: "fallback.timer", should: "a list stops that time, though its backends are not READY", play: listStopsTimer},
	{rule: "fallback.unreachable", should: "a balancer that refuses connections: fallback at once", play: refused},
	{rule: "fallback.unreachable", should: "the stream ends before a list: fallback at once", play: endsEarly},
	{rule: "fallback.none", should: "no balancer: fallback at once", play: noBalancer},
	{rule: "fallback.asked", should: "the balancer asks for fallback: at once, though the list's backends are READY", play: asked},
	{rule: "fallback.lost", should: "the new stream is silent and the last backend is lost: fallback", play: lostToSilence},
	{rule: "fallback.lost", should: "the balancer sends its list and hangs up: calls wait while the backend is connected to", play: hangsUpAfterList},
	{rule: "fallback.lost", should: "nothing to fall back to: a backend of the list that comes back is used", play: lostWithoutFallback},
	{rule: "fallback.stay", should: "in fallback, a list's backend that comes back is not used", play: stay},
	{rule: "fallback.update", should: "in fallback, new fallback addresses are used", play: update},
	{rule: "fallback.empty", should: "nothing to fall back to: calls fail, and say that the balancer asked for it", play: emptyFallback},
	{rule: "fallback.empty", should: "so they do with pick_first", config: pickFirst, play: emptyFallback},
	{rule: "fallback.health", should: "healthCheckConfig keeps calls from a fallback backend that says NOT_SERVING", options: healthChecked, play: unhealthy},
}

func silent(w *world) verdict {
	w.connect(w.backends(1)...)
	w.sleep(10*time.Second - time.Millisecond)
	before := w.calls(1)
	w.sleep(time.Millisecond)
	after := w.calls(1)
	return saw(before == "waits" && after == "1", "1 ms before that, a call %s; then it %s", before, goes(after))
}

func silentForASecond(w *world) verdict {
	done := w.begin(w.Context())
	w.connect(w.backends(1)...)
	<-done
	after := time.Since(w.start)
	return saw(after == time.Second, "fallback after %v", after)
}

func listStopsTimer(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.network.Blackhole(b[0].Addr(), true)
	w.send(c, b[0])
	w.sleep(15 * time.Second)
	return sawCalls(w.calls(1), "waits")
}

func refused(w *world) verdict {
	w.lb.Stop()
	done := w.begin(w.Context())
	w.resolve(w.backends(1)...)
	<-done
	after := time.Since(w.start)
	return saw(after == 0, "a call is answered after %v", after)
}

func endsEarly(w *world) verdict {
	w.connect(w.backends(1)...).HangUp(nil)
	return sawCalls(w.calls(1), "1")
}

func noBalancer(w *world) verdict {
	w.resolveTo(nil, w.backends(1)...)
	return sawCalls(w.calls(1), "1")
}

func asked(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.send(c, b[0])
	c.Fallback()
	return sawCalls(w.calls(1), "2")
}

// lost has a list of b[0] used, ends the stream, and opens one that sends nothing.
func (w *world) lost(b []*lbtest.Backend, fallback ...*lbtest.Backend) *lbtest.Call {
	w.Helper()
	c := w.connect(fallback...)
	w.send(c, b[0])
	w.sleep(2 * time.Second)
	c.HangUp(nil)
	return w.answered(0)
}

func lostToSilence(w *world) verdict {
	b := w.backends(2)
	w.lost(b, b[1])
	b[0].Stop()
	w.sleep(time.Second)
	return sawCalls(w.calls(1), "2")
}

func hangsUpAfterList(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.network.Blackhole(b[0].Addr(), true)
	w.send(c, b[0])
	c.HangUp(nil)
	w.sleep(time.Second / 2)
	return sawCalls(w.calls(1), "waits")
}

func lostWithoutFallback(w *world) verdict {
	b := w.backends(1)
	w.send(w.connect(), b[0])
	w.lb.Stop()
	b[0].Stop()
	w.sleep(time.Second)
	b[0].Restart()
	w.sleep(time.Minute)
	return sawCalls(w.calls(1), "1")
}

func stay(w *world) verdict {
	b := w.backends(2)
	w.send(w.connect(b[1]), b[0])
	w.lb.Stop()
	b[0].Stop()
	w.sleep(time.Second)
	b[0].Restart()
	w.sleep(time.Hour)
	return sawCalls(w.calls(1), "2")
}

func update(w *world) verdict {
	b := w.backends(2)
	w.resolveTo(nil, b[0])
	w.calls(1)
	w.resolveTo(nil, b[1])
	w.sleep(time.Second)
	return sawCalls(w.calls(1), "2")
}

func emptyFallback(w *world) verdict {
	w.connect().Fallback()
	w.sleep(time.Second)
	got := w.calls(1)
	return saw(strings.HasPrefix(got, "fails") && strings.Contains(got, "balancer asked"), "a call %s", got)
}

var healthChecked = []grpc.DialOption{grpc.WithDefaultServiceConfig(
	`{"loadBalancingConfig":[{"grpclb":{}}],"healthCheckConfig":{"serviceName":""}}`)}

// notServing answers every call that is unknown to a backend, and so the one
// for its health.
func notServing(_ any, s grpc.ServerStream) error {
	if err := s.RecvMsg(new(grpc_health_v1.HealthCheckRequest)); err != nil {
		return err
	}
	not := &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_NOT_SERVING}
	if err := s.SendMsg(not); err != nil {
		return err
	}
	<-s.Context().Done()
	return nil
}

func unhealthy(w *world) verdict {
	sick := lbtest.NewBackend(w.T, w.network, 1, grpc.UnknownServiceHandler(notServing))
	well := lbtest.NewBackend(w.T, w.network, 2)
	w.resolveTo(nil, sick, well)
	w.sleep(time.Second)
	got := w.calls(4)
	return saw(got == "2 2 2 2", "calls go to %s", got)
}
