package main

import "time"

var handoverParts = []part{
	{rule: "handover.make-before-break", should: "while no backend of a new list is READY, those of the old one serve", play: listToList},
	{rule: "handover.make-before-break", should: "while no fallback backend is READY, those of the list serve", play: listToFallback},
	{rule: "handover.drain", should: "a call in flight outlives the list that its backend was on by an hour", play: drain},
	{rule: "handover.linger", should: "a backend that is off the list for 5 s keeps its connection", play: linger},
	{rule: "handover.linger", should: "a backend that is off the list is not connected again", play: lingerNoReconnect},
	{rule: "handover.keys", should: "a backend of the list and a fallback backend at one address have a connection each", play: keys},
}

func listToList(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b[0])
	w.network.Blackhole(b[1].Addr(), true)
	w.send(c, b[1])
	return sawCalls(w.calls(1), "1")
}

func listToFallback(w *world) verdict {
	b := w.backends(2)
	c := w.connect(b[1])
	w.send(c, b[0])
	w.network.Blackhole(b[1].Addr(), true)
	c.Fallback()
	w.sleep(time.Second)
	return sawCalls(w.calls(1), "1")
}

func drain(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b[0])
	b[0].Hold()
	done := w.begin(w.Context())
	w.send(c, b[1])
	w.sleep(time.Hour)
	b[0].Release()
	if err := <-done; err != nil {
		return saw(false, "it failed: %v", err)
	}
	return saw(true, "answered")
}

func linger(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b...)
	w.send(c, b[1])
	w.sleep(5 * time.Second)
	w.send(c, b...)
	w.sleep(time.Minute)
	return saw(b[0].Conns() == 1, "connections: %d", b[0].Conns())
}

func lingerNoReconnect(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.send(c, b...)
	w.send(c, b[1])
	w.network.Cut(b[0].Addr())
	w.sleep(9 * time.Second)
	return saw(b[0].Conns() == 1, "connections: %d", b[0].Conns())
}

func keys(w *world) verdict {
	b := w.backends(1)[0]
	c := w.connect(b)
	w.send(c, b)
	c.Fallback()
	w.sleep(time.Second)
	w.calls(1)
	return saw(b.Conns() == 2, "connections: %d", b.Conns())
}
