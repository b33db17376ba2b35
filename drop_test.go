package grpclb_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// fates makes n calls and returns what became of each: "drop", or what call
// returns.
func (w *world) fates(n int, options ...grpc.CallOption) string {
	var all []string
	for range n {
		got := w.call(options...)
		if strings.Contains(got, "Unavailable") && strings.Contains(got, "drop") {
			got = "drop"
		}
		all = append(all, got)
	}
	return strings.Join(all, " ")
}

func TestDrop_Rotation(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		s := servers(b...)
		w.list(w.connect(), lbtest.Drop("d"), s[0], s[0], s[1])
		// One in four; what passes goes round the backends by itself.
		got := w.fates(24, grpc.WaitForReady(true))
		passed := strings.TrimSpace(strings.ReplaceAll(got+" ", "drop ", ""))
		same(w, "calls dropped", strings.Count(got, "drop"), 6)
		if !turns(passed, "1 1 2") {
			w.Errorf("calls that were not dropped go to %s", passed)
		}
		for i, fate := range strings.Fields(got) {
			if (fate == "drop") != (strings.Fields(got)[(i+4)%24] == "drop") {
				w.Errorf("not every fourth call was dropped: %s", got)
			}
		}
	})
}

// Clients that make one call each are not all dropped: the first call of each
// channel takes the list's first place.
func TestDrop_RotationBeginsWithTheFirstPlace(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		w.list(w.connect(), lbtest.Server(b[0].Addr(), "t"), lbtest.Drop("d"))
		same(w, "calls", w.fates(4), "1 drop 1 drop")
	})
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		w.list(w.connect(), lbtest.Drop("d"), lbtest.Server(b[0].Addr(), "t"))
		same(w, "calls, of a list that begins with a drop", w.fates(4), "drop 1 drop 1")
	})
}

// UNAVAILABLE is what the service config has retried; a drop is not.
func TestDrop_RotationIsNotRetried(t *testing.T) {
	retry := grpc.WithDefaultServiceConfig(`{
		"loadBalancingConfig": [{"grpclb": {}}],
		"methodConfig": [{"name": [{}], "retryPolicy": {
			"maxAttempts": 5, "initialBackoff": "0.000001s", "maxBackoff": "0.000001s", "backoffMultiplier": 1,
			"retryableStatusCodes": ["UNAVAILABLE"]}}]}`)
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		w.list(w.connect(), lbtest.Drop("d"), servers(b...)[0])
		if got := w.fates(8); !turns(got, "drop 1") {
			w.Errorf("calls: %s", got)
		}
	}, retry)
}

// The rotation does not begin again with each list: if it did, a list sent
// between every two calls would drop all of them, or none.
func TestDrop_Continuity(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect()
		var got string
		for range 6 {
			w.list(c, lbtest.Server(b[0].Addr(), "red"), lbtest.Drop("d"))
			got += w.fates(1) + " "
			w.list(c, lbtest.Server(b[0].Addr(), "blue"), lbtest.Drop("d"))
			got += w.fates(1) + " "
		}
		if !turns(got, "1 drop") {
			w.Errorf("calls: %s", got)
		}
	})
}

func TestDrop_ContinuityOverReadiness(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.list(w.connect(), lbtest.Drop("d"), servers(b[0])[0], lbtest.Drop("d"), servers(b[1])[0])
		got := w.fates(3)
		b[0].Stop()
		synctest.Wait()
		got += " " + w.fates(3)
		fates := strings.ReplaceAll(got, "2", "1")
		if !turns(fates, "drop 1") {
			w.Errorf("calls: %s", got)
		}
	})
}

// Calls that wait do not go round the drops.
func TestDrop_When(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect()
		w.network.Blackhole(b[0].Addr(), true)
		w.list(c, lbtest.Drop("d"), servers(b...)[0])
		same(w, "calls before anything is READY", w.fates(4), "wait wait wait wait")
		first := w.begin(w.Context(), grpc.WaitForReady(true))
		second := w.begin(w.Context(), grpc.WaitForReady(true))
		w.network.Blackhole(b[0].Addr(), false)
		<-first.done
		<-second.done
		if (first.err == nil) == (second.err == nil) {
			w.Errorf("of two calls that waited, one is to be dropped: %v, %v", first.err, second.err)
		}
		b[0].Stop()
		synctest.Wait()
		w.network.Blackhole(b[0].Addr(), true)
		if got := w.fates(4, grpc.WaitForReady(true)); got != "wait wait wait wait" {
			w.Errorf("calls when nothing is READY any more: %s", got)
		}
	})
}

func TestDrop_WhenAlone(t *testing.T) {
	inBubble(t, "", func(w *world) {
		c := w.connect(w.backends(1)...)
		w.list(c, lbtest.Drop("d"), lbtest.Drop("e"))
		same(w, "calls", w.fates(4), "drop drop drop drop")
		w.pause(time.Minute)
		same(w, "calls, wait-for-ready", w.fates(3, grpc.WaitForReady(true)), "drop drop drop")
	})
}

func TestDrop_WhenNotInFallback(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.list(c, lbtest.Drop("d"), servers(b[0])[0])
		c.Fallback()
		synctest.Wait()
		same(w, "calls in fallback", w.fates(4), "2 2 2 2")
	})
}
