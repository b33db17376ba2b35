package lbserver

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestSetServers_EqualListIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, one(1), one(2))
		c := r.join(t, greeter)
		c.wantList(entry(1), entry(2))
		for range 5 {
			r.set(t, greeter, one(1), one(2))
			// Each could have been sent before the next replaced it.
			synctest.Wait()
		}
		r.set(t, greeter, one(2), one(1))
		c.wantList(entry(2), entry(1))
		for range 5 {
			if err := r.SetFallback(greeter); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		r.set(t, greeter)
		c.wantFallback()
		c.wantList()
	})
}

// A client that takes nothing gets what was being sent to it and then the
// newest, whatever came in between.
func TestSlowClient_GetsTheNewestOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Options{})
		defer b.Close()
		w, hangUp, result := serve(b)
		send := func(n int) {
			if err := b.SetServers(greeter, []Server{one(n)}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		send(1)
		w.recvs <- initialRequest(greeter)
		if m := <-w.sends; m.GetInitialResponse() == nil {
			t.Fatalf("first %v", m)
		}
		synctest.Wait() // the writer is at list 1 now and stays there
		for n := range 100 {
			send(n + 2)
		}
		wantNext(t, w, entry(1))
		wantNext(t, w, entry(101))

		// A change that was taken back meanwhile is none.
		send(102)
		send(103)
		send(102)
		wantNext(t, w, entry(102))
		wantNothing(t, w)
		send(104)
		wantNext(t, w, entry(104))

		hangUp()
		if err := <-result; status.Code(err) != codes.Canceled {
			t.Errorf("the handler returned %v", err)
		}
	})
}

// The same over gRPC, where a connection's flow control window comes first, and
// with somebody on the same service who reads.
func TestSlowClient_DelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, big(0)...)
		slow, quick := r.join(t, greeter), r.join(t, greeter)
		const lists = 50
		for n := range lists {
			r.set(t, greeter, big(n)...)
			quick.wantList(written(big(n))...)
		}
		synctest.Wait()
		last, got := "", 0
		for last != "50" {
			m := slow.next()
			last = m.GetServerList().GetServers()[0].LoadBalanceToken[:2]
			if got++; got == 1 {
				r.set(t, greeter, big(lists)...)
				synctest.Wait()
			}
		}
		// 50 lists of 100 KB were said; gRPC's windows and queues hold a few.
		if got > 10 {
			t.Errorf("a client that did not read was sent %d lists", got)
		}
		quick.wantList(written(big(lists))...)
	})
}

// Neither the end of its service nor Close waits for a client to read.
func TestSlowClient_EndsAtOnce(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*Balancer)
		code codes.Code
	}{
		{"remove", func(b *Balancer) { b.Remove(greeter) }, codes.NotFound},
		{"close", (*Balancer).Close, codes.Unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := New(Options{})
				defer b.Close()
				if err := b.SetFallback(greeter); err != nil {
					t.Fatal(err)
				}
				w, _, result := serve(b)
				w.recvs <- initialRequest(greeter)
				synctest.Wait() // the writer waits for the client
				start := time.Now()
				test.end(b)
				if code := status.Code(<-result); code != test.code {
					t.Errorf("the call ended with %v, want %v", code, test.code)
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("it took %v", d)
				}
			})
		})
	}
}

// big is a list of some 100 KB, whose tokens begin with n in two digits.
func big(n int) []Server {
	servers := make([]Server, 1500)
	for i := range servers {
		servers[i] = Server{
			Address: fmt.Sprintf("10.0.%d.%d:80", i/250, i%250),
			Token:   fmt.Sprintf("%02d", n) + strings.Repeat("x", 47),
		}
	}
	return servers
}

// written is servers as [entries] writes them, for those without weight.
func written(servers []Server) []string {
	var all []string
	for _, s := range servers {
		all = append(all, s.Address+" "+s.Token)
	}
	return all
}

func wantNext(t *testing.T, w *wire, want string) {
	t.Helper()
	if got := entries(<-w.sends); len(got) != 1 || got[0] != want {
		t.Fatalf("sent %v, want %s", got, want)
	}
	synctest.Wait()
}

func wantNothing(t *testing.T, w *wire) {
	t.Helper()
	synctest.Wait()
	select {
	case m := <-w.sends:
		t.Fatalf("sent %v, want nothing", m)
	default:
	}
}

var _ lbpb.LoadBalancer_BalanceLoadServer = (*wire)(nil)
