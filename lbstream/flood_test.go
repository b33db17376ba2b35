package lbstream

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// servers returns n entries, which make a list of some 30 n bytes.
func servers(n int) []*lbpb.Server {
	all := make([]*lbpb.Server, n)
	for i := range all {
		all[i] = lbtest.Server(fmt.Sprintf("10.1.%d.%d:80", i/256, i%256), fmt.Sprintf("token-%d", i))
	}
	return all
}

// heap returns how many bytes are in use once the garbage is gone.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Nobody takes a status while 200 lists of 1000 entries arrive: one list is
// kept. All of them together would be tens of megabytes.
func TestStream_LatestList(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.serve("shop", lb.Address())
		c, all := lb.Next(), servers(1000)
		c.List(all...)
		b.now()
		before := heap()
		for range 200 {
			c.List(all...)
		}
		c.List(all[:7]...)
		synctest.Wait()
		if grown := heap() - before; grown > 5<<20 {
			t.Errorf("a flood of lists costs %d KiB", grown>>10)
		}
		if s := b.now(); s.Lists != 202 || len(s.List.Entries) != 7 {
			t.Errorf("%d lists; the latest has %d entries", s.Lists, len(s.List.Entries))
		}
		b.quiet()
	})
}

// A reader nobody listens to reads no further, and the flow control of the
// connection holds the balancer up.
func TestStream_LatestList_HeldBack(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		opts := b.options()
		ch := newChannel(&opts, DefaultKeepalive, []resolver.Address{lb.Address()})
		group := actor.NewGroup()
		stream := startStream(b.Context(), group, ch, nil)
		stream.raw = (<-stream.events).(opened).raw
		stream.send(group, initialRequest("shop"))
		c, all := lb.Next(), servers(1000)
		sent := make(chan struct{}, 10000)
		go func() {
			for c.List(all...) {
				sent <- struct{}{}
			}
		}()
		time.Sleep(time.Hour)
		if n := len(sent); n == 0 || n > 20 {
			t.Errorf("%d lists were sent to a reader that is not heard", n)
		}
		stream.cancel()
		group.Stop()
		ch.close()
	})
}
