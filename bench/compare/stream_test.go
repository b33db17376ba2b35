package main

import (
	"context"
	"strings"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var streamParts = []part{
	{rule: "stream.first-message", should: "a service name over 255 bytes is a config error", play: nameTooLong},
	{rule: "stream.independent", should: "the stream outlives the user's call that began it", play: independent},
	{rule: "stream.early-list", should: "a server list before the initial response is used", play: earlyList},
	{rule: "stream.second-initial", should: "a second initial response is ignored", play: secondInitial},
	{rule: "stream.unknown", should: "a first message of a later protocol is ignored", play: unknownFirst},
	{rule: "stream.address-change", should: "new balancer addresses leave an open stream alone", play: addressChange},
	{rule: "stream.service-change", should: "a new service name is asked for at once, though the old stream had no answer yet", play: renamedEarly},
	{rule: "stream.service-change", should: "a new service name is no lost balancer: the list that is being connected stays", play: renamedConnecting},
	{rule: "stream.removed", should: "the resolver takes the balancers away: the list's backends serve until a fallback backend is READY", play: removed},
	{rule: "stream.readded", should: "balancers that come back are dialled at their new addresses only", play: readded},
	{rule: "stream.next", should: "of two balancers the first knows no such service: the second is asked at once", play: nextKnows},
	{rule: "stream.next", should: "of two balancers the first is silent: the second is asked within a minute", play: nextSpeaks},
	{rule: "stream.keepalive", should: "of two balancers the first vanishes without a word: the second is asked within a minute", play: nextLives},
}

func nameTooLong(w *world) verdict {
	if err := w.ch.Configure(`{"serviceName":"` + strings.Repeat("x", 256) + `"}`); err != nil {
		return saw(true, "refused: %v", err)
	}
	w.resolve()
	return saw(false, "a balancer was asked for a name of %d bytes", len(w.lb.Next().Name()))
}

// two has the resolver name a second balancer, and returns it.
func (w *world) two() *lbtest.Balancer {
	second := w.balancer()
	w.resolveTo([]resolver.Address{w.lb.Address(), second.Address()})
	return second
}

// asked says whether a balancer is asked in this time.
func (w *world) asked(lb *lbtest.Balancer, within time.Duration) verdict {
	start := time.Now()
	for lb.Calls() == 0 && time.Since(start) < time.Hour {
		w.sleep(time.Second / 100)
	}
	if lb.Calls() == 0 {
		return saw(false, "it is not asked in an hour")
	}
	took := time.Since(start)
	return saw(took <= within, "it is asked after %v", took.Round(time.Second))
}

func nextKnows(w *world) verdict {
	second := w.two()
	w.lb.Next().HangUp(status.Error(codes.NotFound, "no such service"))
	return w.asked(second, time.Second)
}

func nextSpeaks(w *world) verdict {
	second := w.two()
	w.lb.Next()
	return w.asked(second, time.Minute)
}

func nextLives(w *world) verdict {
	second := w.two()
	w.send(w.answered(0), w.backends(1)...)
	w.network.Freeze(w.lb.Addr())
	w.network.Blackhole(w.lb.Addr(), true)
	return w.asked(second, time.Minute)
}

func independent(w *world) verdict {
	ctx, cancel := context.WithTimeout(w.Context(), time.Second)
	defer cancel()
	done := w.begin(ctx)
	c := w.connect()
	<-done
	w.sleep(time.Minute)
	select {
	case <-c.Ended():
		return saw(false, "it ended with the user's call")
	default:
		return saw(true, "open a minute later")
	}
}

func earlyList(w *world) verdict {
	w.resolve()
	w.send(w.lb.Next(), w.backends(1)...)
	return sawCalls(w.calls(1), "1")
}

func secondInitial(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b[0])
	c.Initial(time.Minute)
	w.send(c, b[1])
	return sawCalls(w.calls(1), "2")
}

func unknownFirst(w *world) verdict {
	later := new(lbpb.LoadBalanceResponse)
	later.ProtoReflect().SetUnknown([]byte{15<<3 | 2, 1, 'x'}) // field 15: "x"
	w.resolve()
	c := w.lb.Next()
	c.Send(later)
	c.Initial(0)
	w.send(c, w.backends(1)...)
	return sawCalls(w.calls(1), "1")
}

func addressChange(w *world) verdict {
	b := w.backends(2)
	second := w.balancer()
	c := w.connect()
	w.send(c, b[0])
	w.resolveTo([]resolver.Address{second.Address()})
	w.send(c, b[1])
	if n := second.Calls(); n > 0 {
		return saw(false, "the stream was replaced by one to the new address")
	}
	return sawCalls(w.calls(1), "2")
}

func renamedEarly(w *world) verdict {
	w.resolve()
	w.lb.Next()
	w.sleep(time.Second)
	start := time.Now()
	w.rename("new")
	took := w.lb.Next().Opened().Sub(start)
	return saw(took == 0, "asked for after %v", took)
}

func renamedConnecting(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.network.Blackhole(b[0].Addr(), true)
	w.send(c, b[0])
	w.rename("new", b[1])
	return sawCalls(w.calls(1), "waits")
}

func removed(w *world) verdict {
	b := w.backends(2)
	w.send(w.connect(), b[0])
	w.network.Blackhole(b[1].Addr(), true)
	w.resolveTo(nil, b[1])
	return sawCalls(w.calls(1), "1")
}

func readded(w *world) verdict {
	b := w.backends(2)
	second := w.balancer()
	w.send(w.connect(b[1]), b[0])
	w.resolveTo(nil, b[1])
	before := len(w.network.Dials(w.lb.Addr()))
	w.resolveTo([]resolver.Address{second.Address()}, b[1])
	second.Next()
	again := len(w.network.Dials(w.lb.Addr())) - before
	return saw(again == 0, "dials of the old address: %d", again)
}
