package grpclb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Whatever picks, calls go to the list's backends with the list's tokens, and
// what is dropped is dropped and reported.
func TestConfig_Child_TokensDropsReports(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.reporting()
		w.list(c,
			lbtest.Server(b[0].Addr(), "red"), lbtest.Server(b[0].Addr(), "blue"), lbtest.Drop("d"),
			lbtest.Server(b[1].Addr(), "green"))
		fates := w.fates(40)
		same(w, "calls dropped", strings.Count(fates, "drop"), 10)
		same(w, "calls that wait or fail", strings.Count(fates, "wait")+strings.Count(fates, "Unavailable"), 0)
		for number, tokens := range [][]string{{"red", "blue"}, {"green"}} {
			for _, token := range b[number].Tokens() {
				if !slices.Contains(tokens, token) {
					w.Errorf("backend %d was sent the token %s", number+1, token)
				}
			}
		}
		if got := strings.Join(b[0].Tokens(), " "); !turns(got, "red blue") {
			w.Errorf("tokens of the backend that is listed twice: %s", got)
		}
		w.pause(5 * time.Second)
		var sum tally
		w.add(&sum, c)
		same(w, "reports", sum.String(), "40 40 0 30 d:10")
		for _, backend := range b {
			if backend.Conns() > 1 {
				w.Errorf("%d connections to backend %d", backend.Conns(), backend.Number)
			}
		}
	})
}

func TestConfig_Child_TokenChanges(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(1)[0]
		c := w.connect()
		for _, token := range []string{"one", "two", "", "three"} {
			w.list(c, lbtest.Server(b.Addr(), token))
			same(w, "token", w.token(), token)
		}
		same(w, "connections", b.Conns(), 1)
	})
}

// A list with none of the old backends takes over when one of its own is
// connected; until then the old one serves.
func TestHandover_MakeBeforeBreak_Child(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(3)
		c := w.connect()
		w.send(c, b[0])
		w.served(1)
		w.network.Blackhole(b[1].Addr(), true)
		w.network.Blackhole(b[2].Addr(), true)
		w.send(c, b[1], b[2])
		for range 9 {
			w.served(1)
			w.pause(time.Second)
		}
		w.network.Blackhole(b[1].Addr(), false)
		w.network.Blackhole(b[2].Addr(), false)
		w.send(c, b[0], b[1]) // what hangs goes on hanging, 20 s
		for range 9 {
			w.servedBy(b[0], b[1])
			w.pause(time.Second)
		}
		w.pause(10 * time.Second)
		w.servedBy(b[0], b[1])
	})
}

// Calls go on, one after the other and side by side, through lists that have
// backends in common and lists that have none. None of them fails.
func TestHandover_Child_NoCallFails(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(6)
		c := w.connect()
		w.send(c, b[0], b[1])
		stop := make(chan struct{})
		wrong := make(chan error, 2)
		for range cap(wrong) {
			go func() { wrong <- w.callUntil(stop) }()
		}
		for i := range 50 {
			switch i % 3 {
			case 0:
				w.send(c, b[i%6], b[(i+1)%6])
			case 1:
				w.send(c, b[(i+1)%6], b[(i+3)%6], b[i%6])
			default:
				w.send(c, b[(i+4)%6])
			}
			w.pause(time.Duration(i%4) * time.Millisecond)
		}
		close(stop)
		synctest.Wait()
		for range cap(wrong) {
			if err := <-wrong; err != nil {
				w.Error(err)
			}
		}
	})
}

// callUntil makes calls until it is told to stop, or one fails or takes long.
func (w *world) callUntil(stop <-chan struct{}) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			if i < 100 {
				return fmt.Errorf("only %d calls were made", i)
			}
			return nil
		default:
		}
		began := time.Now()
		if _, err := w.ch.Unary(w.Context()); err != nil {
			return fmt.Errorf("call %d: %w", i, err)
		}
		if took := time.Since(began); took > 0 {
			return fmt.Errorf("call %d took %v", i, took)
		}
		time.Sleep(250 * time.Microsecond)
	}
}

// The policy is switched there and back, and to each other one. Calls go on and
// connections stay. ring_hash connects to a backend when it has a call for it;
// twenty calls are enough for two backends.
func TestHandover_ChildToChild(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		w.send(w.connect(), b...)
		w.calls(20)
		stop, wrong := make(chan struct{}), make(chan error, 1)
		go func() { wrong <- w.callUntil(stop) }()
		mine := w.Name()[strings.LastIndex(w.Name(), "/")+1:]
		for other, policy := range childPolicies {
			for _, p := range []string{policy, childPolicies[mine]} {
				if err := w.ch.Configure(withChild(p)); err != nil {
					w.Error(err)
				}
				w.resolve()
				w.pause(5 * time.Millisecond)
				if got := w.calls(20); strings.Trim(got, "12 ") != "" {
					w.Errorf("calls go to %s", got)
				}
				if b[0].Conns() > 1 || b[1].Conns() > 1 {
					w.Errorf("%d and %d connections after %s", b[0].Conns(), b[1].Conns(), other)
				}
			}
		}
		close(stop)
		if err := <-wrong; err != nil {
			w.Error(err)
		}
	})
}

// servedBy fails the test unless a call is answered by one of these backends.
func (w *world) servedBy(backends ...*lbtest.Backend) {
	w.Helper()
	got := w.call()
	if !slices.ContainsFunc(backends, func(b *lbtest.Backend) bool { return got == fmt.Sprint(b.Number) }) {
		w.Errorf("after %v a call comes to %s", time.Since(w.start), got)
	}
}

func TestConfig_Child_FallbackAndBack(t *testing.T) {
	eachChild(t, func(w *world) {
		built, closed := ownBuilt.Load(), ownClosed.Load()
		b := w.backends(3)
		c := w.connect(b[2])
		w.send(c, b[0], b[1])
		for range 3 {
			w.calls(20)
			c.Fallback()
			w.rouse()
			w.served(3)
			same(w, "token in fallback", w.token(), lbtest.NoToken)
			w.send(c, b[1], b[0])
			w.servedBy(b[0], b[1])
		}
		for _, backend := range b {
			if backend.Conns() > 1 {
				w.Errorf("backend %d has %d connections", backend.Number, backend.Conns())
			}
		}
		if w.only(ownChild) {
			// Each change makes an instance for the other provenance, and then
			// ends the one that is not used any more.
			same(w, "instances", ownBuilt.Load()-built, 7)
			same(w, "instances closed", ownClosed.Load()-closed, 6)
		}
	})
}

// A list that changes is an update to the one instance there is.
func TestConfig_Child_OneInstance(t *testing.T) {
	built, closed, strayed := ownBuilt.Load(), ownClosed.Load(), ownStrayed.Load()
	inBubble(t, withChild(childPolicies[ownChild]), func(w *world) {
		b := w.backends(4)
		c := w.connect()
		for i := range 20 {
			w.send(c, b[i%4], b[(i+1)%4])
			w.call()
		}
		b[3].Stop()
		w.pause(time.Minute)
		same(w, "instances", ownBuilt.Load()-built, 1)
		same(w, "instances closed", ownClosed.Load()-closed, 0)
	})
	same(t, "instances closed after the end", ownClosed.Load()-closed, 1)
	same(t, "calls of it from another goroutine", ownStrayed.Load()-strayed, 0)
}

func TestToken_ForChildren(t *testing.T) {
	inBubble(t, withChild(childPolicies[ownChild]), func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.list(c, lbtest.Server(b[0].Addr(), "red"), lbtest.Server(b[0].Addr(), "blue"))
		same(w, "tokens", *seenTokens.Load(), "red")
		w.list(c, lbtest.Server(b[0].Addr(), ""))
		same(w, "tokens", *seenTokens.Load(), "")
		c.Fallback()
		w.served(2)
		same(w, "tokens in fallback", *seenTokens.Load(), "none")
	})
}

func TestFallback_Empty_Child(t *testing.T) {
	eachChild(t, func(w *world) {
		c := w.connect()
		c.Fallback()
		w.state(failed)
		w.fails("fallback", "the balancer asked for it", "no backend to fall back to")
		b := w.backends(1)
		w.send(c, b...)
		w.served(1)
		c.Fallback()
		w.state(failed)
		w.fails("fallback", "the balancer asked for it", "no backend to fall back to")
	})
}
