package main

import (
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var retryParts = []part{
	{rule: "retry.backoff", should: "at most 5 streams in 5 s to a balancer that answers and hangs up", play: answersAndHangsUp},
	{rule: "retry.backoff", should: "the first wait is jittered too: 1 s ±20 %", play: firstJitter},
	{rule: "retry.healthy", should: "a stream that brought a list and lived for over 1 s is reopened within 100 ms", play: healthy},
	{rule: "retry.resolve", should: "other balancers, found during the backoff, are asked at once", play: othersFound},
	{rule: "retry.resolve", should: "each end of a stream asks once to resolve again", play: resolvesOnce},
	{rule: "retry.idle", should: "ClientConn.Connect ends the backoff", play: connectEndsBackoff},
}

// spinning is the number of streams, one after the other without a pause, after which
// a scene takes it that there will be no end.
const spinning = 1000

func answersAndHangsUp(w *world) verdict {
	w.resolve(w.backends(1)...)
	for calls := range spinning {
		c := w.lb.Next()
		if c.Opened().Sub(w.start) > 5*time.Second {
			return saw(calls <= 5, "%d streams", calls)
		}
		c.Initial(0)
		c.HangUp(nil)
	}
	return saw(false, "%d streams in %v, and no end", spinning, time.Since(w.start))
}

var errUnavailable = status.Error(codes.Unavailable, "not now")

// Ten channels, one after the other, have their first stream refused.
func firstJitter(w *world) verdict {
	var waits []time.Duration
	for range 10 {
		ch := lbtest.NewChannel(w.T, w.network, "")
		if err := ch.Resolve([]resolver.Address{w.lb.Address()}); err != nil {
			w.Fatal(err)
		}
		w.lb.Next().HangUp(errUnavailable)
		refused := time.Now()
		waits = append(waits, w.lb.Next().Opened().Sub(refused))
		ch.Close()
	}
	least, most := slices.Min(waits), slices.Max(waits)
	within := least >= 800*time.Millisecond && most <= 1200*time.Millisecond
	return saw(within && least != most, "10 channels wait %v to %v",
		least.Round(time.Millisecond), most.Round(time.Millisecond))
}

func healthy(w *world) verdict {
	c := w.connect()
	w.send(c, w.backends(1)...)
	w.sleep(1001 * time.Millisecond)
	c.HangUp(nil)
	ended := time.Now()
	wait := w.lb.Next().Opened().Sub(ended)
	return saw(wait < 100*time.Millisecond, "reopened after %v", wait.Round(time.Millisecond))
}

func othersFound(w *world) verdict {
	second := w.balancer()
	w.resolve()
	w.lb.Next().HangUp(errUnavailable)
	w.sleep(100 * time.Millisecond)
	found := time.Now()
	w.resolveTo([]resolver.Address{second.Address()})
	wait := second.Next().Opened().Sub(found)
	return saw(wait == 0, "asked after %v", wait.Round(time.Millisecond))
}

func resolvesOnce(w *world) verdict {
	w.send(w.connect(), w.backends(1)...)
	w.sleep(2 * time.Second)
	w.lb.Stop()
	w.sleep(0)
	n := w.ch.Reresolved()
	return saw(n == 1, "asked %d times", n)
}

func connectEndsBackoff(w *world) verdict {
	w.resolve()
	w.lb.Next().HangUp(errUnavailable)
	w.sleep(100 * time.Millisecond)
	start := time.Now()
	w.ch.CC.Connect()
	wait := w.lb.Next().Opened().Sub(start)
	return saw(wait == 0, "asked after %v", wait.Round(time.Millisecond))
}
