//lint:file-ignore SA1019 resolvers still set BalancerAttributes and Metadata

package grpclb_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// strange are values that a resolver may attach. Most of them Go can't compare, or
// they are not equal to themselves.
var strange = []func() any{
	func() any { return map[string]any{"zone": "a"} },
	func() any { return []string{"a"} },
	func() any { return func() {} },
	func() any { return struct{ of any }{[]int{1}} },
	func() any { return [1]any{map[int]int{}} },
	func() any { return math.NaN() },
	func() any { return new(int) },
	func() any { return "plain" },
	func() any { return nil },
}

// An oddity makes addresses with values of that kind.
type oddity struct{ *rand.Rand }

func (o oddity) value() any { return strange[o.IntN(len(strange))]() }

// attributes are none, or some with strange values.
func (o oddity) attributes() (a *attributes.Attributes) {
	for i := range o.IntN(3) {
		a = a.WithValue(i, o.value())
	}
	return a
}

// address is a strange one. The attributes that belong to the connection are the
// caller's business.
func (o oddity) address(addr string, a *attributes.Attributes) resolver.Address {
	return resolver.Address{Addr: addr, Attributes: a, BalancerAttributes: o.attributes(), Metadata: o.value()}
}

// state is an update with these backends, in any order, and this balancer. All of
// them are strange, but for the attributes of the first backend.
func (o oddity) state(all []*lbtest.Backend, lb string) resolver.State {
	s := resolver.State{Attributes: o.attributes()}
	for _, i := range o.Perm(len(all)) {
		a := attributes.New("zone", "b")
		if i > 0 {
			a = o.attributes()
		}
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{
			Addresses:  []resolver.Address{o.address(all[i].Addr(), a)},
			Attributes: o.attributes(),
		})
	}
	return state.Set(s, &state.State{BalancerAddresses: []resolver.Address{
		o.address(lb, o.attributes()), o.address(lb, o.attributes()),
	}})
}

// Whatever a resolver attaches, and however often it says so again, nothing
// panics, in no child policy either; what can be compared and is equal keeps its
// connection.
func TestSecure_Values(t *testing.T) {
	eachChild(t, func(w *world) {
		b := w.backends(3)
		o := oddity{rand.New(rand.NewPCG(1, 2))}
		push := func() {
			w.Helper()
			if err := w.ch.Push(o.state(b, w.lb.Addr())); err != nil {
				w.Fatal(err)
			}
			synctest.Wait()
		}
		push()
		c := w.answered()
		c.Fallback()
		synctest.Wait()
		for range 50 {
			push()
			w.servedBy(b...)
		}
		same(w, "connections to the backend with plain attributes", b[0].Conns() <= 1, true)
		w.send(c, b...)
		for range 10 {
			push()
			w.servedBy(b...)
		}
		same(w, "calls to the balancer", w.lb.Calls(), 1)
		c.HangUp(nil)
		for range 5 {
			push() // while the next call is waited for
		}
		w.servedBy(b...)
		w.send(w.answered(), b...)
		w.servedBy(b...)
	})
}

// FuzzSecure_Values is the same in any mode.
func FuzzSecure_Values(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		inBubble(t, "", func(w *world) {
			o := oddity{rand.New(rand.NewPCG(seed, 0))}
			b := w.backends(3)
			if err := w.ch.Push(o.state(b, w.lb.Addr())); err != nil {
				w.Fatal(err)
			}
			switch c := w.answered(); o.IntN(4) {
			case 0:
				c.Fallback()
			case 1:
				w.send(c, b[0])
			case 2:
				c.HangUp(nil)
			}
			for range 20 {
				if err := w.ch.Push(o.state(b[:1+o.IntN(3)], w.lb.Addr())); err != nil {
					w.Fatal(err)
				}
				w.pause(time.Duration(o.IntN(2)) * time.Second)
			}
		})
	})
}
