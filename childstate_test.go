package grpclb_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// The child says how the backends stand, and the channel shows it.
func TestState_Aggregate_Child(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.state(connecting)
		w.send(c, b...)
		w.servedBy(b...) // some children connect to nobody before there is a call
		w.state(ready)
		b[0].Stop()
		w.servedBy(b[1])
		w.state(ready)
		b[1].Stop()
		w.call()
		w.pause(0)
		w.state(failed)
		w.fails("grpclb is using the balancer's server list")
		patient := w.begin(w.Context(), grpc.WaitForReady(true))
		b[0].Restart()
		w.pause(5 * time.Second)
		same(w, "over", over(patient.done), true)
		same(w, "backend of the call that waited", patient.answer.Backend, 1)
		w.state(ready)
		same(w, "its token", patient.answer.Token, "t1")
	})
}

// While a new list's backends connect, one of the old list's is lost. Its child
// has turned to the new list and won't look after that, and yet no call goes
// there.
func TestHandover_MakeBeforeBreak_ChildLosesABackend(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0], b[1])
		for range 20 {
			w.call(grpc.WaitForReady(true)) // so that every child is connected to both that wants to be
		}
		w.network.Blackhole(b[2].Addr(), true)
		w.send(c, b[2])
		lost, left := b[0], b[1]
		if b[1].Open() == 0 {
			return // pick_first has one connection: see ...LosesAll
		}
		if b[0].Open() == 0 {
			return
		}
		lost.Stop()
		for range 12 {
			w.servedBy(left)
		}
	})
}

// Nothing is left of the old list: the new one is what calls wait for.
func TestHandover_MakeBeforeBreak_ChildLosesAll(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		w.served(1)
		w.network.Blackhole(b[1].Addr(), true)
		w.send(c, b[1])
		w.served(1)
		b[0].Stop()
		p := w.begin(w.Context(), grpc.WaitForReady(true))
		same(w, "over", over(p.done), false)
		w.network.Blackhole(b[1].Addr(), false)
		w.pause(25 * time.Second) // the attempt that hangs takes 20 s
		same(w, "over", over(p.done), true)
		same(w, "backend", p.answer.Backend, 2)
	})
}

// A call goes on over the old list's connection while new lists come, and for
// as long as it takes; the connection is closed after it.
func TestHandover_Drain_Child(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.connect()
		w.send(c, b[0])
		talk, err := w.ch.Converse(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		ask := func() {
			if a, err := talk.Ask(); err != nil || a.Backend != 1 {
				w.Errorf("answer %v, error %v", a, err)
			}
		}
		ask()
		w.send(c, b[1])
		w.served(2)
		w.pause(time.Hour)
		ask()
		same(w, "open connections", b[0].Open(), 1)
		if err := talk.End(); err != nil {
			w.Error(err)
		}
		w.pause(10*time.Second - time.Millisecond)
		same(w, "open connections just before the linger is over", b[0].Open(), 1)
		w.pause(time.Millisecond)
		same(w, "open connections", b[0].Open(), 0)
	})
}

// Close in the middle of everything leaves nothing behind: inBubble fails if a
// goroutine is left, or hangs.
func TestState_Closed_Child(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(4)
		c := w.connect(b[3])
		w.send(c, b[0], b[1])
		w.call()
		b[0].Hold()
		b[1].Hold()
		p := w.begin(w.Context())
		w.network.Blackhole(b[2].Addr(), true)
		w.send(c, b[2])
		c.List(servers(b[0], b[2])...)
		w.ch.Close()
		<-p.done
		w.pause(0)
		for _, backend := range b {
			same(w, "open connections", backend.Open(), 0)
		}
	})
}

// pick_first stays with its connection when tokens or the order change, and
// each call has the token of the day.
func TestConfig_Child_PickFirstStays(t *testing.T) {
	inBubble(t, withChild(childPolicies["pick_first"]), func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0], b[1])
		same(w, "calls", w.calls(3), "1 1 1")
		w.list(c, lbtest.Server(b[2].Addr(), "x"), lbtest.Server(b[1].Addr(), "y"), lbtest.Server(b[0].Addr(), "new"))
		same(w, "calls", w.calls(3), "1 1 1")
		same(w, "tokens", strings.Join(b[0].Tokens(), " "), "t1 t1 t1 new new new")
		same(w, "connections", b[0].Conns()+b[1].Conns()+b[2].Conns(), 1)
		b[0].Stop()
		w.served(3) // the first of the list that answers
		same(w, "token", b[2].Tokens()[0], "x")
		same(w, "connections to the others", b[1].Conns(), 0)
	})
}

// Of several that it tried to connect to, pick_first keeps one.
func TestConfig_Child_PickFirstKeepsOne(t *testing.T) {
	inBubble(t, withChild(childPolicies["pick_first"]), func(w *world) {
		b := w.backends(2)
		w.network.Blackhole(b[0].Addr(), true)
		c := w.connect()
		w.send(c, b...)
		w.pause(250 * time.Millisecond) // happy eyeballs (gRFC A61)
		w.served(2)
		w.network.Blackhole(b[0].Addr(), false)
		w.pause(time.Hour)
		same(w, "attempts at the one that hangs", len(w.network.Dials(b[0].Addr())), 1)
		same(w, "connections to it", b[0].Conns(), 0)
	})
}

// round_robin by its name is no child: calls follow the list's order, with its
// duplicates.
func TestConfig_Child_RoundRobin(t *testing.T) {
	inBubble(t, withChild(childPolicies["round_robin"]), func(w *world) {
		b := w.backends(3)
		w.send(w.connect(), b[2], b[0], b[2], b[1])
		w.rotates("3 1 3 2")
	})
}

// least_request sends a call to the least busy of ten that it looks at, by its
// config: with one of two backends stuck, hardly any call goes there. So it has
// heard how its calls ended; when the other one is not stuck any more, it gets
// calls again.
func TestConfig_Child_LeastRequest(t *testing.T) {
	config := withChild(`[{"least_request_experimental":{"choiceCount":10}}]`)
	inBubble(t, config, func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b...)
		b[0].Hold()
		for b[0].InFlight() == 0 {
			w.begin(w.Context())
		}
		before := b[0].Calls()
		for range 60 {
			w.call()
		}
		if n := b[0].Calls() - before; n > 6 {
			w.Errorf("%d of 60 calls went to the backend that is stuck", n)
		}
		b[0].Release()
		w.pause(0)
		before = b[0].Calls()
		for range 60 {
			w.call()
		}
		if n := b[0].Calls() - before; n < 10 || n > 50 {
			w.Errorf("%d of 60 calls go to the one that was stuck", n)
		}
	})
}

// The tokens of an address that is listed several times take turns also when
// the child has a new picker.
func TestToken_Entry_ChildsNewPicker(t *testing.T) {
	inBubble(t, withChild(childPolicies[ownChild]), func(w *world) {
		b := w.backends(2)
		b[1].Stop()
		c := w.connect()
		w.list(c, lbtest.Server(b[0].Addr(), "red"), lbtest.Server(b[0].Addr(), "blue"), servers(b[1])[0])
		w.served(1)
		for range 3 {
			w.pause(200 * time.Second) // an attempt at the other fails, and makes a new picker
			w.served(1)
		}
		tokens := b[0].Tokens()
		if got := strings.Join(tokens, " "); !turns(got, "red blue") || slices.Index(tokens, "red") < 0 {
			w.Errorf("tokens: %s", got)
		}
	})
}
