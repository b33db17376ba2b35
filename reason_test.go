package grpclb_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// failsWithout is fails, and the call's error has none of the other words.
func (w *world) failsWithout(others string, words ...string) {
	w.Helper()
	got := w.call()
	for _, word := range append(words, "Unavailable") {
		if !strings.Contains(got, word) {
			w.Errorf("after %v a call comes to %q, want %q in it", time.Since(w.start), got, word)
		}
	}
	if strings.Contains(got, others) {
		w.Errorf("after %v a call comes to %q, which does not hold any more: %q", time.Since(w.start), got, others)
	}
}

// A list that follows an empty one is what calls wait for, from the moment that it
// comes, though calls go on failing until one of its backends is READY.
func TestPick_Reason_ListAfterAnEmptyOne(t *testing.T) {
	inBubble(t, `{"emptyServerList":"fail"}`, func(w *world) {
		b := w.backends(1)
		c := w.connect()
		w.list(c)
		w.fails("server list", "it is empty")
		w.network.Blackhole(b[0].Addr(), true)
		w.send(c, b[0])
		w.failsWithout("empty", "server list", "no backend is READY yet")
		w.list(c)
		w.fails("server list", "it is empty")
	})
}

// Nor is it another mode's trouble that is told of, or that of addresses that are
// not there any more, whatever picks.
func TestPick_Reason_ChangesAtOnce(t *testing.T) {
	eachChild(t, func(w *world) {
		if w.only(lazyChild) {
			return // it takes over without having tried, and calls wait for it
		}
		b := w.backends(3)
		c := w.connect(b[1])
		b[0].Stop()
		w.send(c, b[0])
		w.fails("using the balancer's server list", "connection refused")
		w.network.Blackhole(b[1].Addr(), true)
		w.network.Blackhole(b[2].Addr(), true)
		c.Fallback()
		synctest.Wait()
		w.failsWithout("server list", "in fallback because the balancer asked for it")
		w.send(c, b[2])
		w.failsWithout("fallback", "using the balancer's server list")
		w.resolveTo(nil, b[1])
		w.failsWithout("asked", "in fallback because the resolver has taken the balancers away")
		w.resolve(b[1])
		w.failsWithout("taken", "in fallback because no server list has come from the balancer yet")
	})
}

// New addresses that fail at once are told of at once.
func TestPick_Reason_NewAddresses(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		b[0].Stop()
		w.resolveTo(nil, b[0])
		w.fails("in fallback", "connection refused", b[0].Addr())
		b[1].Stop()
		w.resolveTo(nil, b[1])
		w.failsWithout(b[0].Addr(), "in fallback", b[1].Addr())
	})
}
