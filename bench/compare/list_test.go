package main

import (
	"fmt"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var listParts = []part{
	{rule: "list.order", should: "1 has failed and calls went to 1 2: the next goes to 3", play: orderCarriesOn},
	{rule: "list.duplicates", should: "an address listed twice has twice the calls over one connection", play: duplicates},
	{rule: "list.equal", should: "the same list on a new stream costs no connection", play: equalOnNewCall},
	{rule: "list.equal", should: "the same list ends a fallback that the balancer asked for", play: equalEndsFallback},
	{rule: "list.invalid", should: "a port over 65535 is never dialled", play: invalidPort},
	{rule: "list.invalid", should: "an IP address of 3 bytes is never dialled", play: invalidIP},
	{rule: "list.empty", should: "calls wait for a list that is not empty", play: emptyWaits},
	{rule: "list.empty", should: "an empty list on a new stream is not taken for an unchanged one", play: emptyOnNewCall},
	{rule: "list.no-reconnect", should: "a backend in the old and the new list keeps its connection", play: noReconnect},
	{rule: "list.no-reconnect", should: "so it does with pick_first, when its token changes twice", config: pickFirst, play: noReconnectPickFirst},
}

const pickFirst = `{"childPolicy":[{"pick_first":{}}]}`

func orderCarriesOn(w *world) verdict {
	b := w.backends(4)
	w.send(w.connect(), b...)
	for range b { // it is their turn within four calls
		if w.calls(1) == "2" {
			break
		}
	}
	b[0].Stop()
	return sawCalls(w.calls(1), "3")
}

func duplicates(w *world) verdict {
	b := w.backends(2)
	w.send(w.connect(), b[0], b[0], b[1])
	w.calls(30)
	return saw(b[0].Calls() == 20 && b[0].Conns() == 1,
		"%d of 30 calls, connections: %d", b[0].Calls(), b[0].Conns())
}

func equalOnNewCall(w *world) verdict {
	b := w.backends(1)[0]
	c := w.connect()
	w.send(c, b)
	w.sleep(2 * time.Second)
	c.HangUp(nil)
	w.send(w.answered(0), b)
	w.sleep(time.Minute)
	return saw(b.Conns() == 1, "connections: %d", b.Conns())
}

func equalEndsFallback(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.send(c, b[0])
	c.Fallback()
	w.sleep(time.Second)
	w.send(c, b[0])
	return sawCalls(w.calls(1), "1")
}

func invalidPort(w *world) verdict {
	b := w.backends(2)
	bad := lbtest.Server(b[0].Addr(), "")
	bad.Port += 1 << 16
	return w.dials(fmt.Sprintf("10.0.0.2:%d", bad.Port), bad, b[1])
}

func invalidIP(w *world) verdict {
	b := w.backends(2)
	bad := &lbpb.Server{IpAddress: []byte{10, 0, 0}, Port: 8000}
	return w.dials("? 0a0000:8000", bad, b[1])
}

// dials sends a list with an entry that is no address and one that is, and
// looks for dials of what a policy might make of the former.
func (w *world) dials(addr string, bad *lbpb.Server, good *lbtest.Backend) verdict {
	w.list(w.connect(), bad, lbtest.Server(good.Addr(), ""))
	w.sleep(time.Minute)
	n := len(w.network.Dials(addr)) + len(w.network.Dials("["+addr+"]"))
	if n == 0 {
		return saw(true, "not dialled")
	}
	return saw(false, "%q dialled %d times in a minute", addr, n)
}

func emptyWaits(w *world) verdict {
	c := w.connect()
	w.send(c, w.backends(1)...)
	w.list(c)
	return sawCalls(w.calls(1), "waits")
}

func emptyOnNewCall(w *world) verdict {
	c := w.connect()
	w.send(c, w.backends(1)...)
	w.sleep(2 * time.Second)
	c.HangUp(nil)
	w.list(w.answered(0))
	return sawCalls(w.calls(1), "waits")
}

func noReconnect(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b[0])
	w.send(c, b[1], b[0])
	w.list(c, lbtest.Drop("d"), lbtest.Server(b[0].Addr(), "other"))
	w.sleep(time.Minute)
	return saw(b[0].Conns() == 1, "connections: %d", b[0].Conns())
}

func noReconnectPickFirst(w *world) verdict {
	b := w.backends(1)[0]
	c := w.connect()
	for _, token := range []string{"one", "two", "three"} {
		w.list(c, lbtest.Server(b.Addr(), token))
		w.sleep(time.Second)
	}
	return saw(b.Conns() == 1, "connections: %d", b.Conns())
}
