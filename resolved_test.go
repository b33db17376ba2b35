//lint:file-ignore SA1019 resolvers still set BalancerAttributes

package grpclb_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// push has the resolver say s, and the balancer's address besides.
func (w *world) push(s resolver.State) {
	w.Helper()
	s = state.Set(s, &state.State{BalancerAddresses: []resolver.Address{w.lb.Address()}})
	if err := w.ch.Push(s); err != nil {
		w.Fatalf("resolver update: %v", err)
	}
	synctest.Wait()
}

// inFallback is push, and then the balancer has the fallback addresses used.
func (w *world) inFallback(s resolver.State) {
	w.push(s)
	w.answered().Fallback()
	synctest.Wait()
}

func TestConfig_Addresses_Plain(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.inFallback(resolver.State{Addresses: []resolver.Address{b[0].Address(), b[1].Address()}})
		w.rotates("1 2")
	})
}

func TestConfig_Addresses_Endpoints(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(3)
		b[0].Stop() // of an endpoint that has two addresses, one answers
		w.inFallback(resolver.State{Endpoints: []resolver.Endpoint{
			{Addresses: []resolver.Address{b[0].Address(), b[1].Address()}},
			{}, // one without addresses is none
			{Addresses: []resolver.Address{b[2].Address()}},
		}})
		for range 10 {
			w.servedBy(b[1], b[2])
		}
	})
}

// A resolver may use its memory again: what it has said before does not change.
func TestConfig_Addresses_AreCopied(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		found := []resolver.Address{b[0].Address()}
		w.push(resolver.State{Endpoints: []resolver.Endpoint{{Addresses: found}}})
		found[0] = b[1].Address()
		w.answered().Fallback()
		w.rotates("1")
	})
}

// Where there are both, Endpoints are what counts: gRPC means Addresses to be
// the same in the old form.
func TestConfig_Addresses_Both(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(3)
		w.inFallback(resolver.State{
			Addresses: []resolver.Address{b[2].Address()},
			Endpoints: []resolver.Endpoint{{Addresses: []resolver.Address{b[0].Address()}}, {Addresses: []resolver.Address{b[1].Address()}}},
		})
		w.rotates("1 2")
		same(w, "connections to the other", b[2].Conns(), 0)
	})
}

// A parent policy may give Addresses alone, which gRPC itself does not do.
func TestConfig_Addresses_OfAParentPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, []string{"10.0.0.1:80", "10.0.0.2:80"})
		r.call.Fallback()
		synctest.Wait()
		same(t, "addresses of SubConns", addressesOf(r.parent), "10.0.0.1:80 10.0.0.2:80")
	})
}

type attribute struct{}

// Attributes go with the address to whoever makes the connection. What is for
// policies only does not, and makes no new connection.
func TestConfig_Addresses_Attributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.call.Fallback()
		synctest.Wait()
		say := func(a resolver.Address) {
			t.Helper()
			s := state.Set(resolver.State{Endpoints: []resolver.Endpoint{{Addresses: []resolver.Address{a}}}},
				&state.State{BalancerAddresses: []resolver.Address{r.lb.Address()}})
			if err := r.policy.UpdateClientConnState(balancer.ClientConnState{ResolverState: s}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		a := resolver.Address{Addr: "10.0.0.1:80", ServerName: "one", Attributes: attributes.New(attribute{}, "x")}
		say(a)
		same(t, "attribute", r.parent.SubConn(1).Address.Attributes.Value(attribute{}), any("x"))
		same(t, "server name", r.parent.SubConn(1).Address.ServerName, "one")
		a.BalancerAttributes = attributes.New(attribute{}, "for policies")
		say(a)
		same(t, "SubConns", len(r.parent.SubConns()), 1)
		same(t, "attributes for policies", r.parent.SubConn(1).Address.BalancerAttributes, nil)
		a.Attributes = attributes.New(attribute{}, "y")
		say(a)
		same(t, "SubConns for another attribute", len(r.parent.SubConns()), 2)
		a.ServerName = "two"
		say(a)
		same(t, "SubConns for another server name", len(r.parent.SubConns()), 3)
	})
}

// Nothing of an update without addresses is applied, in any mode.
func TestConfig_Addresses_None(t *testing.T) {
	for name, s := range map[string]resolver.State{
		"nothing":                     {},
		"endpoints without addresses": {Endpoints: []resolver.Endpoint{{}, {}}},
		"no balancers":                state.Set(resolver.State{}, &state.State{}),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				b := w.backends(2)
				refused := func() {
					w.Helper()
					if err := w.ch.Push(s); !errors.Is(err, balancer.ErrBadResolverState) {
						w.Errorf("error %v, want ErrBadResolverState", err)
					}
					synctest.Wait()
				}
				refused()
				w.fails("neither balancers nor backends")
				c := w.connect(b[1])
				refused()
				w.waits() // for the first list
				w.send(c, b[0])
				refused()
				w.served(1)
				c.Fallback()
				synctest.Wait()
				refused()
				w.served(2)
				w.send(c, b[0]) // the balancer is still there
				w.served(1)
				same(w, "calls to the balancer", w.lb.Calls(), 1)
			})
		})
	}
}

// Updates in a row: what the last one says holds, and what is in all of them
// keeps its connection.
func TestConfig_Update_InARow(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(5)
		w.resolveTo(nil, b[0])
		w.served(1)
		for i := range 20 {
			s := resolver.State{Addresses: []resolver.Address{b[0].Address(), b[1+i%4].Address()}}
			if err := w.ch.Push(s); err != nil {
				w.Error(err)
			}
		}
		w.servedBy(b[0], b[4])
		w.calls(10)
		w.pause(time.Minute)
		same(w, "connections to the one that is in all", b[0].Conns(), 1)
		same(w, "open connections to those that are gone", b[1].Open()+b[2].Open()+b[3].Open(), 0)
		w.resolveTo(nil, b[2])
		w.served(3)
	})
}

// A config comes with the addresses of its update, and counts from then on.
func TestConfig_Update_Counts(t *testing.T) {
	inBubble(t, `{"emptyServerList":"wait"}`, func(w *world) {
		b := w.backends(1)
		c := w.connect()
		w.send(c, b...)
		w.list(c)
		w.waits()
		for _, config := range []string{`{"emptyServerList":"fail"}`, `{"emptyServerList":"keep"}`, `{"emptyServerList":"fail"}`} {
			if err := w.ch.Configure(config); err != nil {
				w.Fatal(err)
			}
			w.resolve()
		}
		w.list(c)
		w.fails("empty")
	})
}

var errNoDNS = errors.New("no such host")

// An error of the resolver fails calls while no balancer is known, and after
// that does not disturb the wait for the first list, however it ends.
func TestConfig_ResolverError_Waiting(t *testing.T) {
	for name, end := range map[string]func(*world, *lbtest.Call) (server int){
		"list":    func(w *world, c *lbtest.Call) int { w.send(c, w.backends(1)...); return 1 },
		"timer":   func(w *world, _ *lbtest.Call) int { w.until(10 * time.Second); return 2 },
		"hung up": func(_ *world, c *lbtest.Call) int { c.HangUp(nil); return 2 },
		"asked":   func(_ *world, c *lbtest.Call) int { c.Fallback(); return 2 },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, "", func(w *world) {
				w.ch.ResolverError(errNoDNS)
				w.fails("no such host")
				c := w.connect(lbtest.NewBackend(w.T, w.network, 2))
				w.waits() // balancers are known
				w.ch.ResolverError(errNoDNS)
				w.waits()
				want := end(w, c)
				synctest.Wait()
				w.served(want)
			})
		})
	}
}

// It disturbs nothing that is in use, whatever picks and whichever mode it is.
func TestConfig_ResolverError(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.served(1)
		w.ch.ResolverError(errNoDNS)
		w.served(1)
		c.Fallback()
		w.rouse()
		w.served(2)
		w.ch.ResolverError(errNoDNS)
		w.served(2)
		w.send(c, b[0])
		w.served(1)
		same(w, "connections", b[0].Conns()+b[1].Conns(), 2)
	})
}

// Without a backend that is READY, calls fail with what there was to say
// before.
func TestConfig_ResolverError_NothingReady(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)
		c := w.connect()
		b[0].Stop()
		w.send(c, b[0])
		w.ch.ResolverError(errNoDNS)
		w.fails("connection refused", "server list")
		c.Fallback()
		synctest.Wait()
		w.ch.ResolverError(errNoDNS)
		w.fails("asked for it")
	})
}

// Everything is taken away, one thing after the other, and given back.
func TestConfig_Update_TakesEverythingAway(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(2)
		c := w.connect(b[1])
		w.send(c, b[0])
		w.served(1)
		w.resolve() // the fallback addresses
		w.served(1)
		w.resolveTo(nil, b[1]) // and the balancers instead
		w.rouse()
		w.served(2)
		if err := w.ch.Push(resolver.State{}); err == nil {
			w.Error("an update with nothing in it is accepted")
		}
		w.served(2)
		same(w, "call to the balancer has ended", over(c.Ended()), true)
		c = w.connect(b[1])
		w.served(2)
		w.send(c, b[0])
		w.served(1)
		same(w, "connections", b[0].Conns()+b[1].Conns(), 2)
	})
}
