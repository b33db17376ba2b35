package grpclb_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// Lost contact alone is no reason, and lost backends alone are none.
func TestFallback_Lost(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(b[1]), b[0])
		w.lb.Stop()
		w.pause(time.Hour)
		w.served(1)
		b[0].Stop()
		synctest.Wait()
		w.served(2)
	})
}

func TestFallback_LostBackendsFirst(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		b[0].Stop()
		w.pause(time.Hour)
		w.fails("server list")
		c.HangUp(nil)
		w.served(2)
	})
}

// A call that is open but has said nothing is no contact.
func TestFallback_LostToASilentCall(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.pause(2 * time.Second)
		c.HangUp(nil)
		c = w.answered()
		w.served(1)
		b[0].Stop()
		w.served(2)
		b[0].Restart()
		w.send(c, b[0])
		w.served(2) // until the attempt after the one that was refused
		w.pause(time.Second + time.Second/5)
		w.served(1)
	})
}

// Nothing to fall back to: the list stays, for a backend that comes back.
func TestFallback_LostWithoutAddresses(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b[0])
		w.lb.Stop()
		b[0].Stop()
		w.pause(time.Second)
		w.fails("server list", "connection refused")
		b[0].Restart()
		w.pause(time.Minute)
		w.served(1)
		b[0].Stop()
		w.resolve(b[1]) // now there is
		w.served(2)
	})
}

// In fallback, list backends that come back are left alone, and so is a list
// that is empty.
func TestFallback_Stay(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		b[0].Stop()
		c.HangUp(nil)
		w.served(2)
		b[0].Restart()
		w.pause(time.Hour)
		w.served(2)
		c = w.answered()
		w.served(2)
		w.list(c)
		w.served(2)
		w.list(c, wrong(b[0])...)
		w.served(2)
		c.Fallback()
		synctest.Wait()
		w.served(2)
		w.send(c, b[0])
		w.served(1)
	})
}
