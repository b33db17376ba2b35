package lbserver

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

func TestThousandClients_LeaveNoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, one(1))
		cc := r.connect(t)
		first := ask(t, cc, greeter)
		first.wantInitial(0)
		first.wantList(entry(1))

		clients := make([]*client, 1000)
		for i := range clients {
			clients[i] = ask(t, cc, greeter)
		}
		for _, c := range clients {
			c.wantInitial(0)
			c.wantList(entry(1))
		}
		wantGoroutines(t, 3*1001)
		r.set(t, greeter, one(2))
		for i, c := range clients {
			c.wantList(entry(2))
			// Some hang up and some finish what they have to say, then hang up.
			if i%2 == 0 {
				if err := c.CloseSend(); err != nil {
					t.Fatal(err)
				}
			}
			c.hangUp()
		}
		wantGoroutines(t, 3)
		// The one that stayed is still served.
		first.wantList(entry(2))
	})
}

// wantGoroutines counts those that serve calls, three each, once all are at
// rest. It looks for them by name: runtime.NumGoroutine counts for a moment
// those too that have ended.
func wantGoroutines(t *testing.T, want int) {
	t.Helper()
	synctest.Wait()
	stacks := make([]byte, 32<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	got := 0
	for _, name := range []string{"BalanceLoad", "read", "write"} {
		got += bytes.Count(stacks, []byte("lbserver.(*Balancer)."+name+"("))
	}
	if got != want {
		t.Errorf("%d goroutines serve calls, want %d", got, want)
	}
}

// A client may be gone before the loop hears that it asked.
func TestClient_HangsUpAsItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		defer b.Close()
		if err := b.SetFallback(greeter); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			w, hangUp, result := serve(b)
			select {
			case w.recvs <- initialRequest(greeter):
			case <-w.ctx.Done():
			}
			hangUp()
			if err := <-result; err == nil {
				t.Error("the handler returned no error")
			}
		}
		wantGoroutines(t, 0)
	})
}

// Calls in each of their states end, and the gRPC server has nothing to wait
// for afterwards.
func TestClose_EndsAllCallsAndMayBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, one(1))
		silent := open(t, r.connect(t))
		served := r.join(t, greeter)
		served.wantList(entry(1))
		halfClosed := r.join(t, greeter)
		halfClosed.wantList(entry(1))
		if err := halfClosed.CloseSend(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()

		var closers sync.WaitGroup
		for range 3 {
			closers.Go(r.Close)
		}
		closers.Wait()
		r.Close()
		for _, c := range []*client{silent, served, halfClosed} {
			c.wantEnd(codes.Unavailable)
		}
		r.server.GracefulStop()
	})
}

func TestClose_WaitsForTheCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, release, finished := make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
		r := inMemory(t, Options{OnReport: func(Report) {
			close(begun)
			<-release
			finished <- struct{}{}
		}})
		r.set(t, greeter, one(1))
		r.join(t, greeter).say(report(1))
		<-begun
		go func() {
			time.Sleep(time.Second)
			close(release)
		}()
		start := time.Now()
		r.Close()
		if d := time.Since(start); d != time.Second {
			t.Errorf("Close took %v, want a second", d)
		}
		<-finished
	})
}

// Opening, setting, removing and closing may meet in any order.
func TestClose_AmidEverything(t *testing.T) {
	for range 50 {
		b := New(Options{})
		var users sync.WaitGroup
		for range 8 {
			users.Go(func() {
				w, hangUp, result := serve(b)
				defer hangUp()
				select {
				case w.recvs <- initialRequest(greeter):
				case <-w.ctx.Done():
				}
				for range 2 {
					select {
					case <-w.sends:
					case <-w.ctx.Done():
					}
				}
				hangUp()
				if err := <-result; status.Code(err) == codes.OK {
					t.Errorf("the call ended with %v", err)
				}
			})
		}
		users.Go(func() {
			for n := range 20 {
				if err := b.SetServers(greeter, []Server{one(n)}); err != nil && err != ErrClosed {
					t.Error(err)
				}
				if n%7 == 0 {
					b.Remove(greeter)
				}
			}
		})
		users.Go(b.Close)
		users.Wait()
	}
}

// Several tell, many listen: everybody ends up with the last word.
func TestSetServers_FromManyGoroutines(t *testing.T) {
	r := onLoopback(t, Options{})
	r.set(t, greeter, one(0))
	cc := r.connect(t)
	var clients []*client
	for range 20 {
		clients = append(clients, ask(t, cc, greeter))
	}
	var tellers sync.WaitGroup
	for k := range 4 {
		tellers.Go(func() {
			for n := range 50 {
				if err := r.SetServers(greeter, []Server{one(1 + k), one(n)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	tellers.Wait()
	r.set(t, greeter, one(200))
	for _, c := range clients {
		c.wantInitial(0)
		for got := ""; got != fmt.Sprint([]string{entry(200)}); {
			got = fmt.Sprint(entries(c.next()))
		}
	}
}

// Without the option the same client is cut off, which shows that it pings.
func TestKeepaliveEnforcement_ToleratesPings(t *testing.T) {
	for _, test := range []struct {
		name      string
		opts      []grpc.ServerOption
		tolerated bool
	}{
		{"with the option", []grpc.ServerOption{KeepaliveEnforcement()}, true},
		{"with gRPC's default", nil, false},
	} {
		for _, calls := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, %d calls", test.name, calls), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := inMemory(t, Options{}, test.opts...)
					r.set(t, greeter, one(1))
					cc := r.connect(t, grpc.WithIdleTimeout(0), grpc.WithKeepaliveParams(keepalive.ClientParameters{
						Time: 10 * time.Second, Timeout: time.Second, PermitWithoutStream: true,
					}))
					cc.Connect()
					if calls > 0 {
						// Beyond patience, hence without its deadline.
						stayForAnHour(t, r, cc, test.tolerated)
					} else {
						time.Sleep(time.Hour)
					}
					// Who is cut off comes back when it has something to ask.
					last := ask(t, cc, greeter)
					last.wantInitial(0)
					if dials := r.dials.Load(); dials == 1 != test.tolerated {
						t.Errorf("%d connections", dials)
					}
				})
			})
		}
	}
}

// stayForAnHour keeps a call open for an hour of bubble time on which nothing
// is said, and then wants it alive or not.
func stayForAnHour(t *testing.T, r *rig, cc *grpc.ClientConn, alive bool) {
	t.Helper()
	stream, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := &client{BidiStreamingClient: stream, t: t}
	c.say(initialRequest(greeter))
	c.wantInitial(0)
	c.wantList(entry(1))
	time.Sleep(time.Hour)
	if alive {
		r.set(t, greeter, one(2))
		c.wantList(entry(2))
	} else {
		c.wantEnd(codes.Unavailable)
	}
}
