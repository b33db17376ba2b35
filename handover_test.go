package grpclb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/connectivity"
)

func TestHandover_MakeBeforeBreak(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0])
		for _, dark := range b[1:] {
			w.network.Blackhole(dark.Addr(), true)
		}
		w.send(c, b[1], b[2])
		sent := time.Now()
		w.served(1)
		w.state(connectivity.Ready)
		w.pause(10*time.Second - time.Millisecond - time.Since(sent))
		w.served(1)
		w.pause(10*time.Second - time.Since(sent))
		w.waits() // handoverTimeout: the new list takes over as it is
		w.state(connectivity.Connecting)
	})
}

// The first READY backend is enough, however long the others take.
func TestHandover_MakeBeforeBreakAtTheFirst(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0])
		w.network.Blackhole(b[1].Addr(), true)
		sent := time.Now()
		w.send(c, b[1], b[2])
		same(w, "calls", w.calls(3), "3 3 3")
		same(w, "time to the new list", time.Since(sent), 0)
	})
}

// A list that is refused everywhere is worse than the one before, but it is
// what the balancer says.
func TestHandover_MakeBeforeBreakAllFailed(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		b[1].Stop()
		w.send(c, b[1])
		w.fails("no backend is READY", "connection refused")
	})
}

func TestHandover_MakeBeforeBreakTimeout(t *testing.T) {
	inBubble(t, `{"handoverTimeout":"2.5s"}`, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.network.Blackhole(b[1].Addr(), true)
		w.send(c, b[1])
		w.until(2499 * time.Millisecond)
		w.served(1)
		w.until(2500 * time.Millisecond)
		w.waits()
	})
}

func TestHandover_MakeBeforeBreakToFallbackAndBack(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.network.Blackhole(b[1].Addr(), true)
		c.Fallback()
		synctest.Wait()
		w.served(1)
		w.until(10*time.Second - time.Millisecond)
		w.served(1)
		w.until(10 * time.Second)
		w.waits()
		w.network.Blackhole(b[1].Addr(), false)
		w.until(30 * time.Second)
		w.served(2)

		w.network.Blackhole(b[0].Addr(), true)
		w.send(c, b[0])
		w.until(40*time.Second - time.Millisecond)
		w.served(2)
		w.until(40 * time.Second)
		w.waits()
	})
}

// While the backends of one list are dialled another list comes: the first
// one's are not waited for, and never used.
func TestHandover_Latest(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0])
		w.network.Blackhole(b[1].Addr(), true)
		w.send(c, b[1])
		w.until(9 * time.Second)
		w.network.Blackhole(b[2].Addr(), true)
		w.send(c, b[2])
		w.network.Blackhole(b[1].Addr(), false)
		w.until(19*time.Second - time.Millisecond) // its own ten seconds
		w.served(1)
		w.until(19 * time.Second)
		w.waits()
		w.pause(time.Minute)
		same(w, "connections of the list that was replaced", b[1].Conns(), 0)
	})
}

// A call in flight keeps its connection, and what it holds is released 10 s
// (subConnLinger) after it is done.
func TestHandover_Drain(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		b[0].Hold()
		call := w.begin(w.Context())
		b[0].WaitInFlight(1)
		w.send(c, b[1])
		w.served(2)
		w.until(time.Hour)
		same(w, "connections with a call in flight", b[0].Open(), 1)
		b[0].Release()
		<-call.done
		same(w, "backend of the call in flight", call.answer.Backend, 1)
		w.until(time.Hour + 10*time.Second - time.Millisecond)
		same(w, "connections that linger", b[0].Open(), 1)
		w.until(time.Hour + 10*time.Second)
		same(w, "connections after that", b[0].Open(), 0)
		same(w, "calls", b[0].Calls(), 1)
	})
}

func TestHandover_Linger(t *testing.T) {
	inBubble(t, `{"subConnLinger":"3s"}`, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0], b[1])
		w.send(c, b[1])
		w.until(3*time.Second - time.Millisecond)
		same(w, "connections of a backend that lingers", b[0].Open(), 1)
		w.send(c, b[0], b[1]) // taken up again
		w.until(10 * time.Second)
		w.rotates("1 2")
		same(w, "connections in all", b[0].Conns(), 1)
		w.send(c, b[1])
		w.until(13*time.Second - time.Millisecond)
		same(w, "connections of a backend that lingers", b[0].Open(), 1)
		w.until(13 * time.Second)
		same(w, "connections of one that nobody named for 3 s", b[0].Open(), 0)
	})
}

// What lingers and is lost is not connected again, and is not in the state.
func TestHandover_LingerNeverReconnects(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.send(c, b[1])
		w.network.Cut(b[0].Addr())
		w.state(connectivity.Ready)
		w.pause(9 * time.Second)
		same(w, "connections", b[0].Conns(), 1)
		w.served(2)
		w.send(c, b[0]) // named again, it connects
		w.served(1)
	})
}

// One that never connected has nothing to be kept for.
func TestHandover_LingerOnlyIfConnected(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect()
		b[0].Stop()
		w.send(c, b...)
		w.served(2)
		w.send(c, b[1])
		tried := len(w.network.Dials(b[0].Addr()))
		w.pause(time.Hour)
		same(w, "dials after nobody names it", len(w.network.Dials(b[0].Addr()))-tried, 0)
	})
}

// One address, named by a list and by the resolver: two connections.
func TestHandover_Keys(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect(b...)
		w.send(c, b...)
		w.served(1)
		c.Fallback()
		synctest.Wait()
		w.served(1)
		same(w, "connections", b[0].Conns(), 2)
		w.send(c, b...)
		w.served(1)
		same(w, "connections when the list is back in time", b[0].Conns(), 2)
		w.pause(10 * time.Second)
		same(w, "open connections later", b[0].Open(), 1)
	})
}
