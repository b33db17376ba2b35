package lbstream

import (
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Whatever the stream is in the middle of, stopping takes no time, and nothing
// of it is left: synctest waits for the goroutines of a bubble, and the
// balancer counts its connections.
func TestState_Closed(t *testing.T) {
	moments := map[string]func(*bench, *lbtest.Balancer){
		"before any balancer": func(*bench, *lbtest.Balancer) {},
		"just told": func(b *bench, lb *lbtest.Balancer) {
			b.stream.Serve(Target{Name: "shop", Balancers: []resolver.Address{lb.Address()}})
		},
		"dialling a black hole": func(b *bench, lb *lbtest.Balancer) {
			b.network.Blackhole(lb.Addr(), true)
			b.serve("shop", lb.Address())
			time.Sleep(7 * time.Second)
		},
		"greeting a silent server": func(b *bench, lb *lbtest.Balancer) {
			b.serve("shop", b.silent())
			time.Sleep(7 * time.Second)
		},
		"in backoff": func(b *bench, lb *lbtest.Balancer) {
			b.serve("shop", nobody)
			time.Sleep(1500 * time.Millisecond)
		},
		"in a silent stream": func(b *bench, lb *lbtest.Balancer) {
			b.serve("shop", lb.Address())
			lb.Next()
		},
		"in contact": func(b *bench, lb *lbtest.Balancer) {
			b.connected(lb)
		},
		"after a change of name": func(b *bench, lb *lbtest.Balancer) {
			b.connected(lb)
			b.stream.Serve(Target{Name: "bank", Balancers: []resolver.Address{lb.Address()}})
		},
		"with balancers coming and going": func(b *bench, lb *lbtest.Balancer) {
			for i := range 50 {
				b.stream.Serve(Target{Name: fmt.Sprint(i % 3), Balancers: []resolver.Address{lb.Address(), nobody}[:i%3]})
			}
		},
		"between reports": func(b *bench, lb *lbtest.Balancer) {
			b.reporting(lb, time.Second)
			time.Sleep(700 * time.Millisecond)
		},
		"with a question out": func(b *bench, lb *lbtest.Balancer) {
			b.reporting(lb, time.Second)
			b.asked(1, time.Second)
		},
		"in a report that is held up": func(b *bench, lb *lbtest.Balancer) {
			b.reporting(b.balancer(deaf(make(chan struct{}))), time.Second)
			b.holdUp(1)
		},
		"in a flood": func(b *bench, lb *lbtest.Balancer) {
			b.serve("shop", lb.Address())
			c := lb.Next()
			go func() {
				for c.List(servers(1000)...) {
				}
			}()
			for range 20 {
				b.status()
			}
		},
	}
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bench) {
				lb := b.balancer()
				moment(b, lb)
				b.stop(0)
				if lb.Open() != 0 {
					t.Errorf("%d connections are left", lb.Open())
				}
			})
		})
	}
}

// The same at every tenth of a second of a bad time: each stream delivers a list
// and is hung up on 50 ms later.
func TestState_Closed_AnyTime(t *testing.T) {
	for at := time.Duration(0); at < 5*time.Second; at += 100 * time.Millisecond {
		inBubble(t, func(b *bench) {
			lb := b.balancer()
			b.serve("shop", lb.Address(), nobody)
			var c *lbtest.Call
			for streams, start := 0, time.Now(); time.Since(start) < at; time.Sleep(50 * time.Millisecond) {
				if c != nil {
					c.HangUp(nil)
					c = nil
				} else if streams < lb.Calls() {
					streams++
					c = lb.Next()
					c.List()
				}
			}
			b.stop(0)
			if lb.Open() != 0 {
				t.Errorf("%d connections are left after %v", lb.Open(), at)
			}
		})
	}
}

// goodbye is how long gRPC takes to close a connection that takes no bytes.
const goodbye = 5 * time.Second

// Nobody waits for the goodbye over a connection that takes no bytes. It is given
// gRPC's 5 s, and no more; then the connection is closed.
func TestState_Closed_Stalled(t *testing.T) {
	inBubble(t, func(b *bench) {
		lb := b.balancer()
		b.connected(lb)
		close(b.stall)
		b.stop(0)
		time.Sleep(goodbye - time.Nanosecond)
		if lb.Open() != 1 {
			t.Error("there was no goodbye")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if lb.Open() != 0 {
			t.Error("the connection is left")
		}
	})
}

// Those 5 s are not the stream's: meanwhile it serves other balancers.
func TestStream_Removed_Stalled(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.connected(b.balancer())
		close(b.stall)
		start := time.Now()
		b.serve("shop")
		if s := b.now(); s.Contact {
			t.Errorf("without balancers: %+v", s)
		}
		b.stall = make(chan struct{})
		lb := b.balancer()
		b.serve("shop", lb.Address())
		b.same("time to the next stream", lb.Next().Opened().Sub(start), 0)
		time.Sleep(goodbye)
	})
}

// Nor is the stream held up by the connection to a balancer that it is to leave
// between two streams.
func TestStream_AddressChange_Stalled(t *testing.T) {
	inBubble(t, func(b *bench) {
		before, after := b.balancer(), b.balancer()
		b.connected(before).HangUp(nil)
		b.now()
		close(b.stall)
		b.stall = make(chan struct{})
		start := time.Now()
		b.serve("shop", after.Address())
		b.same("time to the next stream", after.Next().Opened().Sub(start), 0)
		b.stop(0)
		time.Sleep(goodbye)
	})
}

// Stopped, a stream takes messages and does nothing.
func TestState_Closed_Told(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.stop(0)
		b.stream.SetBackoff(steady)
		b.stream.Reset()
		b.serve("shop", nobody)
		time.Sleep(time.Minute)
		b.quiet()
		if n := len(b.network.Dials(nobody.Addr)); n != 0 {
			t.Errorf("dialled %d times", n)
		}
	})
}

// stop stops the stream and compares how long that took.
func (b *bench) stop(want time.Duration) {
	b.Helper()
	start := time.Now()
	b.group.Stop()
	b.same("time to stop", time.Since(start), want)
	synctest.Wait()
}

// silent is the address of a server that accepts connections and never says
// anything on them.
func (b *bench) silent() resolver.Address {
	l, err := b.network.Listen("")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.Cleanup(func() { c.Close() })
			go swallow(c)
		}
	}()
	return resolver.Address{Addr: l.Addr().String()}
}

func swallow(c net.Conn) {
	for buf := make([]byte, 1024); ; {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}
