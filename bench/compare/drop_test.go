package main

import (
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var dropParts = []part{
	{rule: "drop.rotation", should: "a list of 3 backends and a drop drops every fourth call, wait-for-ready or not", play: everyFourth},
	{rule: "drop.continuity", should: "a list of 1 backend and a drop, sent anew between calls, drops every second call", play: dropsOverLists},
	{rule: "drop.continuity", should: "a list of 1 backend and a drop drops every second call, though the backend is lost and found after each", play: dropsOverReadiness},
	{rule: "drop.when", should: "while no backend is READY nothing is dropped", play: noDropsWhileConnecting},
	{rule: "drop.when", should: "a list of drops alone drops wait-for-ready calls", play: dropsAlone},
	{rule: "drop.when", should: "in fallback nothing is dropped", play: noDropsInFallback},
}

func everyFourth(w *world) verdict {
	b := w.backends(3)
	w.list(w.connect(), lbtest.Server(b[0].Addr(), ""), lbtest.Server(b[1].Addr(), ""), lbtest.Server(b[2].Addr(), ""), lbtest.Drop("d"))
	return sawDrops(w.calls(12, grpc.WaitForReady(true)), 3)
}

// sawDrops is the verdict on calls of which this many should be dropped.
func sawDrops(calls string, want int) verdict {
	n := strings.Count(calls, "dropped")
	return saw(n == want, "%d of %d calls dropped", n, len(strings.Fields(calls)))
}

func dropsOverLists(w *world) verdict {
	addr := w.backends(1)[0].Addr()
	c := w.connect()
	var calls []string
	for range 5 {
		for _, token := range []string{"red", "blue"} {
			w.list(c, lbtest.Server(addr, token), lbtest.Drop("d"))
			calls = append(calls, w.calls(1))
		}
	}
	return sawDrops(strings.Join(calls, " "), 5)
}

func dropsOverReadiness(w *world) verdict {
	b := w.backends(1)[0]
	w.list(w.connect(), lbtest.Server(b.Addr(), ""), lbtest.Drop("d"))
	var calls []string
	for range 10 {
		calls = append(calls, w.calls(1))
		w.network.Cut(b.Addr())
		w.sleep(5 * time.Second) // to connect again
	}
	return sawDrops(strings.Join(calls, " "), 5)
}

func noDropsWhileConnecting(w *world) verdict {
	b := w.backends(1)[0]
	w.network.Blackhole(b.Addr(), true)
	w.list(w.connect(), lbtest.Drop("d"), lbtest.Server(b.Addr(), ""))
	return sawDrops(w.calls(4), 0)
}

func dropsAlone(w *world) verdict {
	w.list(w.connect(w.backends(1)...), lbtest.Drop("d"), lbtest.Drop("e"))
	return sawCalls(w.calls(1, grpc.WaitForReady(true)), "dropped")
}

func noDropsInFallback(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.list(c, lbtest.Drop("d"), lbtest.Server(b[0].Addr(), ""))
	c.Fallback()
	w.sleep(time.Second)
	return sawDrops(w.calls(4), 0)
}
