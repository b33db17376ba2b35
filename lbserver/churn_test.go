package lbserver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Everything at once: clients come and go, say too much or nothing, hooks take their
// time or refuse, calls end by age, and lists come and go. Whoever began has ended when
// the balancer has, and nobody is forgotten or counted twice.
func TestServer_Clients_AmidEverything(t *testing.T) {
	var begun, ended atomic.Int64
	most := 0
	r := onLoopback(t, Options{
		MaxCallAge:     2 * time.Millisecond,
		NameTimeout:    5 * time.Millisecond,
		MaxClients:     30,
		MaxMessageRate: 5,
		RestartTokens:  true,
		Classify:       func(c Client) string { return fmt.Sprint(c.ID % 5) },
		Authorize: func(_ context.Context, c Client) error {
			if c.ID%7 == 0 {
				return status.Error(codes.PermissionDenied, "no")
			}
			return nil
		},
		OnBegin: func(Client) { begun.Add(1) },
		OnEnd:   func(Client, error) { ended.Add(1) },
		OnUnknown: func(c Client) {
			for range c.ID % 100 {
				runtime.Gosched()
			}
		},
	})
	var everybody sync.WaitGroup
	finished := make(chan struct{})
	for n := range 8 {
		everybody.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 1))
			cc := r.connect(t)
			for range 60 {
				c := open(t, cc)
				for range rnd.IntN(10) {
					// An error is the end of the call, which Recv hears of too.
					if rnd.IntN(3) == 0 {
						_ = c.Send(report(1))
					} else {
						_ = c.Send(initialRequest(fmt.Sprint("s", rnd.IntN(3))))
					}
					if rnd.IntN(4) == 0 {
						break
					}
				}
				if rnd.IntN(2) == 0 {
					c.hangUp()
				}
				for {
					if _, err := c.Recv(); err != nil {
						break
					}
				}
				c.hangUp()
			}
		})
	}
	go func() {
		everybody.Wait()
		close(finished)
	}()
	for n := 0; ; n++ {
		service, class := fmt.Sprint("s", n%3), fmt.Sprint(n%5)
		switch n % 6 {
		case 0:
			r.set(t, service, one(n%200+1))
		case 1, 2:
			r.setFor(t, service, class, one(n%200+1))
		case 3:
			r.RemoveFor(service, class)
		case 4:
			r.Remove(service)
		case 5:
			state := r.State()
			most = max(most, len(state.Clients)+state.Opening)
		}
		select {
		case <-finished:
		default:
			continue
		}
		break
	}
	r.Close()
	if begun.Load() != ended.Load() || begun.Load() == 0 {
		t.Errorf("%d clients began and %d ended", begun.Load(), ended.Load())
	}
	if most > 30 {
		t.Errorf("there were %d clients, of 30 at most", most)
	}
}
