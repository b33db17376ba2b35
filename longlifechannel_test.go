package grpclb_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// An hour of a channel: a list every second, a call to the balancer that ends
// every minute, a call every second and every five one that lasts for seven. What there is
// at the end of it there was at the end of its first minute. It is TestLongLife
// with gRPC in it, and so with few calls.
func TestLongLife_Channel(t *testing.T) {
	inBubble(t, steady, func(w *world) {
		o := &oldWorld{world: w, backends: w.backends(6)}
		w.resolve(o.backends[5])
		o.minute(0)
		o.minute(1) // with the first end of a stream, which starts the retry owner
		first := o.remains()
		for m := 2; m < 60; m++ {
			o.minute(m)
		}
		last := o.remains()
		if last.counted != first.counted {
			t.Errorf("after an hour there is %+v, after two minutes there was %+v", last.counted, first.counted)
		}
		t.Logf("after two minutes %+v; in an hour the heap grew by %d bytes", first, last.heap-first.heap)
		// The backends have noted the token of each call, in about 40 bytes.
		if grown := last.heap - first.heap; grown > 512<<10 {
			t.Errorf("the heap has grown by %d bytes, from %d", grown, first.heap)
		}
	})
}

// An oldWorld is one in which time passes.
type oldWorld struct {
	*world
	backends []*lbtest.Backend
	call     *lbtest.Call // to the balancer
	talks    []*dialogue  // oldest first
}

type dialogue struct {
	*lbtest.Conversation
	since time.Time
}

// minute is a call to the balancer, which lasts that long. The call before it ends
// by a word or with its connection. From the 40th second on the lists are the
// same, so that nothing lingers at the end.
func (o *oldWorld) minute(m int) {
	switch {
	case m == 0:
	case m%2 == 0:
		o.call.HangUp(nil)
	default:
		o.lb.Restart()
	}
	o.call = o.answered()
	for second := range 60 {
		b := o.backends
		switch {
		case second >= 40:
			o.send(o.call, b[0], b[1])
		case second%16 == 9:
			o.call.Fallback()
			synctest.Wait()
		default:
			o.send(o.call, b[second%5], b[(second+m)%3], b[second%5])
		}
		o.converse(second < 40 && second%5 == 0)
		time.Sleep(time.Second)
	}
}

// converse makes a call, begins one that goes on, and ends those that went on for
// seven seconds.
func (o *oldWorld) converse(begin bool) {
	if _, err := o.ch.Unary(o.Context()); err != nil {
		o.Error(err)
	}
	if begin {
		c, err := o.ch.Converse(o.Context())
		if err != nil {
			o.Fatal(err)
		}
		o.talks = append(o.talks, &dialogue{c, time.Now()})
	}
	for len(o.talks) > 0 && time.Since(o.talks[0].since) > 7*time.Second {
		if err := o.talks[0].End(); err != nil {
			o.Error(err)
		}
		o.talks = o.talks[1:]
	}
}

// remains are what there is of a channel and its servers.
type remains struct {
	counted
	heap int // bytes, once the garbage is gone
}

type counted struct {
	goroutines  int
	connections [6]int // of each backend
	toBalancer  int
}

func (o *oldWorld) remains() remains {
	synctest.Wait()
	for range 3 { // pools keep things for two
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	// A goroutine that ends is counted for a little longer; by now it is not.
	r := remains{counted{goroutines: runtime.NumGoroutine(), toBalancer: o.lb.Open()}, int(m.HeapAlloc)}
	for i, b := range o.backends {
		r.connections[i] = b.Open()
	}
	return r
}
