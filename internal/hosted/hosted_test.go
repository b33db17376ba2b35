package hosted

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	_ "google.golang.org/grpc/balancer/ringhash"
	_ "google.golang.org/grpc/balancer/weightedroundrobin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	_ "github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// policies are the child policies, as JSON. A ring is told by a header which
// backend a call goes to.
var policies = map[string]string{
	"ring_hash_experimental": `[{"ring_hash_experimental":{"requestHashHeader":"key"}}]`,
	"weighted_round_robin":   `[{"weighted_round_robin":{}}]`,
}

// A world is a channel with a balancer, four backends and one to fall back to.
type world struct {
	*lbtest.Channel
	t        *testing.T
	network  lbtest.Network
	balancer *lbtest.Call
	backends []*lbtest.Backend
	fallback *lbtest.Backend
}

// each runs test in a bubble for every policy.
func each(t *testing.T, test func(*world)) {
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(newWorld(t, policy)) })
		})
	}
}

func newWorld(t *testing.T, policy string) *world {
	network := lbtest.NewMemory()
	lb := lbtest.NewBalancer(t, network)
	w := &world{t: t, network: network, fallback: lbtest.NewBackend(t, network, 9)}
	for n := range 4 {
		w.backends = append(w.backends, lbtest.NewBackend(t, network, n+1))
	}
	w.Channel = lbtest.NewChannel(t, network, fmt.Sprintf(`{"childPolicy":%s}`, policy))
	if err := w.Resolve([]resolver.Address{lb.Address()}, w.fallback.Addr()); err != nil {
		t.Fatal(err)
	}
	w.balancer = lb.Next()
	w.balancer.Initial(0)
	return w
}

// list sends a list of the backends with these numbers; 0 is a drop entry.
func (w *world) list(numbers ...int) {
	var servers []*lbpb.Server
	for _, n := range numbers {
		if n == 0 {
			servers = append(servers, lbtest.Drop("drop"))
			continue
		}
		servers = append(servers, lbtest.Server(w.backends[n-1].Addr(), token(n)))
	}
	w.balancer.List(servers...)
}

func token(backend int) string { return fmt.Sprintf("t%d", backend) }

// call makes a call with a key of its own.
func (w *world) call() (lbtest.Answer, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "key", fmt.Sprint(rand.Uint64()))
	return w.Unary(ctx)
}

// rouse makes a few calls. A ring connects when it has calls, and as long as others
// serve it is shown them.
func (w *world) rouse() {
	w.t.Helper()
	time.Sleep(time.Second)
	w.calls(3)
	time.Sleep(time.Second)
}

// calls makes n calls, none of which may fail except by a drop, and returns how
// many each backend has answered; 0 stands for drops.
func (w *world) calls(n int) map[int]int {
	w.t.Helper()
	got := map[int]int{}
	for range n {
		answer, err := w.call()
		switch {
		case status.Code(err) == codes.Unavailable && answer.Backend == 0:
			got[0]++
		case err != nil:
			w.t.Fatalf("call: %v", err)
		default:
			got[answer.Backend]++
			if want := token(answer.Backend); answer.Backend != 9 && answer.Token != want {
				w.t.Fatalf("backend %d saw the token %q, want %q", answer.Backend, answer.Token, want)
			}
		}
	}
	return got
}

func TestConfig_Child(t *testing.T) {
	each(t, func(w *world) {
		w.list(1, 2, 0, 3)
		got := w.calls(400)
		for n := range 4 {
			if got[n] == 0 {
				w.t.Errorf("400 calls went to %v, none of them to %d", got, n)
			}
		}
	})
}

// A ring connects to a backend when a call is to go there, and the call is picked
// once more then. It takes one turn of the drops all the same.
func TestDrop_WhenAChildHasCallsWait(t *testing.T) {
	each(t, func(w *world) {
		for range 5 {
			for _, list := range [][]int{{1, 2, 0, 3}, {0, 4, 1, 2}} {
				w.list(list...)
				time.Sleep(time.Second)
				if got := w.calls(40); got[0] != 10 {
					w.t.Errorf("%d of 40 calls were dropped, want 10: %v", got[0], got)
				}
				time.Sleep(time.Minute) // what is off the list is closed
			}
		}
	})
}

// Lists change while calls go on: none fails.
func TestHandover_MakeBeforeBreakChild(t *testing.T) {
	each(t, func(w *world) {
		lists := [][]int{{1, 2}, {2, 3}, {4}, {1, 2, 3, 4}, {3}}
		for i := range 40 {
			w.list(lists[i%len(lists)]...)
			if got := w.calls(10); got[0] != 0 {
				w.t.Fatalf("after list %d: %v", i, got)
			}
		}
		time.Sleep(time.Second)
		w.list(4)
		w.rouse()
		if got := w.calls(10); got[4] != 10 {
			w.t.Errorf("with 4 alone in the list: %v", got)
		}
	})
}

func TestFallback_AskedChild(t *testing.T) {
	each(t, func(w *world) {
		w.list(1)
		w.calls(10)
		w.balancer.Fallback()
		w.rouse()
		if got := w.calls(10); got[9] != 10 {
			w.t.Errorf("in fallback: %v", got)
		}
		w.list(2)
		w.rouse()
		if got := w.calls(10); got[2] != 10 {
			w.t.Errorf("out of fallback: %v", got)
		}
	})
}

// While the backends of a new list connect, calls are picked by the old picker. A ring that is
// asked then for a backend which only the old list names, and to which it has not connected yet,
// would connect to it, and would never close that connection.
func TestHandover_Linger_OfARing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, policies["ring_hash_experimental"])
		w.list(1, 2, 3)
		w.calls(1) // connects to one of the three
		w.network.Blackhole(w.backends[3].Addr(), true)
		w.list(4)
		time.Sleep(time.Second)
		w.calls(30)
		w.list(1)
		w.rouse()
		time.Sleep(time.Minute)
		for _, b := range w.backends[1:] {
			if b.Open() > 0 {
				t.Errorf("%d connections to backend %d, which no list names any more", b.Open(), b.Number)
			}
		}
	})
}

// A backend that dies and returns is used again.
func TestConfig_ChildBackendReturns(t *testing.T) {
	each(t, func(w *world) {
		w.list(1, 2)
		w.calls(10)
		w.backends[0].Stop()
		time.Sleep(time.Second)
		for range 10 {
			if answer, err := w.Unary(withKey(w.t), grpc.WaitForReady(true)); err != nil || answer.Backend != 2 {
				w.t.Fatalf("with 2 alone: %+v, %v", answer, err)
			}
		}
		w.backends[0].Restart()
		time.Sleep(time.Minute)
		if got := w.calls(100); got[1] == 0 || got[2] == 0 {
			w.t.Errorf("with both again: %v", got)
		}
	})
}

func withKey(t *testing.T) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "key", fmt.Sprint(rand.Uint64()))
}
