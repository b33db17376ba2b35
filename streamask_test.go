package grpclb_test

import (
	"testing"
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// The balancer's machine vanishes along with all backends, without a word. After a
// second without a backend it is asked again, and out of contact when it has been
// silent for balancerTimeout; keepalive would have found it out after 40 s. Calls that
// can wait that long are served by the fallback backend.
func TestStream_AskAgain(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(b[1]), b[0])
		w.pause(time.Minute)
		w.served(1)
		w.vanish(w.lb.Addr())
		w.vanish(b[0].Addr())
		w.network.Cut(b[0].Addr()) // as its own keepalive would find out
		vanished := time.Now()
		failed := 0
		for w.call() != "2" && failed < 3600 {
			failed++
			w.pause(time.Second)
		}
		if took := time.Since(vanished); took < 11*time.Second || took > 12100*time.Millisecond || failed > 12 {
			w.Errorf("fallback was seen after %v, and %d calls that don't wait; want 11 s, and a call a second", took, failed)
		}
		w.served(2)
	})
}

// A call with a deadline that outlasts that is answered.
func TestStream_AskAgain_Patient(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(b[1]), b[0])
		w.pause(time.Minute)
		w.vanish(w.lb.Addr())
		w.vanish(b[0].Addr())
		w.network.Cut(b[0].Addr())
		vanished := time.Now()
		call := w.begin(w.Context())
		<-call.done
		same(w, "backend of a call that waited", call.answer.Backend, 2)
		if took := time.Since(vanished); took > 11200*time.Millisecond {
			w.Errorf("a call waited for %v", took)
		}
	})
}

// A balancer that lives says which backends there are now. Nobody falls back, and it
// is not asked a second time about the same backends.
func TestStream_AskAgain_Alive(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		w.send(w.connect(b[2]), b[0])
		w.pause(time.Minute)
		b[0].Stop()
		gone := time.Now()
		c := w.answered()
		if took := c.Opened().Sub(gone); took < time.Second || took > 1100*time.Millisecond {
			w.Errorf("asked again after %v", took)
		}
		w.list(c, servers(b[0])...)
		w.pause(time.Hour)
		same(w, "balancer streams", w.lb.Calls(), 2)
		w.send(c, b[1])
		w.served(2)
		same(w, "connections to the fallback backend", b[2].Conns(), 0)
	})
}

// Of two balancers on two machines the other one is asked, which knows better. Contact
// is not lost.
func TestStream_AskAgain_Other(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b, second := w.backends(3), w.balancer()
		w.resolveAll([]*lbtest.Balancer{w.lb, second}, b[2])
		w.send(w.lb.Next(), b[0])
		w.pause(time.Minute)
		w.vanish(w.lb.Addr())
		w.vanish(b[0].Addr())
		w.network.Cut(b[0].Addr())
		w.send(second.NextWithin(12*time.Second), b[1])
		w.served(2)
		same(w, "connections to the fallback backend", b[2].Conns(), 0)
	})
}
