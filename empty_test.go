package grpclb_test

import (
	"context"
	"testing"
	"time"
)

func TestList_EmptyWait(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect(b[2])
		w.list(c)
		w.until(time.Minute) // it is an answer: no fallback after 10 s
		w.waits()
		w.send(c, b[0])
		w.served(1)
		w.list(c)
		w.waits()
		w.list(c)
		ctx, cancel := context.WithTimeout(w.Context(), time.Hour)
		defer cancel()
		p := w.begin(ctx)
		w.pause(time.Minute)
		if over(p.done) {
			w.Fatalf("a call on an empty list ended: %v, %v", p.answer, p.err)
		}
		w.send(c, b[0])
		<-p.done
		same(w, "backend of the call that waited", p.answer.Backend, 1)
		w.list(c)
		c.HangUp(nil) // out of contact, and nothing READY
		w.served(3)
	})
}

func TestList_EmptyFail(t *testing.T) {
	inBubble(t, `{"emptyServerList":"fail"}`, func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.waits()
		w.list(c)
		w.fails("balancer", "empty")
		w.until(time.Minute)
		w.fails("balancer", "empty")
		w.send(c, b[0])
		w.served(1)
		w.list(c)
		w.fails("balancer", "empty")
		w.send(c, b[0])
		w.served(1)
	})
}

func TestList_EmptyKeep(t *testing.T) {
	inBubble(t, `{"emptyServerList":"keep"}`, func(w *world) {
		b := w.backends(3)
		c := w.connect(b[2])
		w.list(c)
		w.until(time.Minute)
		w.waits() // there is nothing to keep yet
		w.send(c, b[0])
		w.served(1)
		w.list(c)
		w.served(1)
		w.list(c)
		w.pause(time.Hour)
		w.served(1)
		same(w, "connections", b[0].Conns(), 1)
		w.send(c, b[1])
		w.served(2)
	})
}
