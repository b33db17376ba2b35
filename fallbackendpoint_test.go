package grpclb_test

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
)

// beside runs test with round_robin as the channel's policy, and with this one.
func beside(t *testing.T, test func(*world)) {
	for _, policy := range []string{`{"round_robin":{}}`, `{"grpclb":{}}`} {
		t.Run(policy, func(t *testing.T) {
			inBubble(t, "", test, grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[`+policy+`]}`))
		})
	}
}

func (w *world) pushEndpoints(endpoints ...resolver.Endpoint) {
	w.Helper()
	if err := w.ch.Push(resolver.State{Endpoints: endpoints}); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// answers makes n calls and returns how many each backend has answered.
func (w *world) answers(n int) map[int]int {
	w.Helper()
	got := map[int]int{}
	for range n {
		a, err := w.ch.Unary(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		got[a.Backend]++
	}
	return got
}

// An endpoint of two addresses is one place and one connection, to the first
// address that answers.
func TestFallback_Endpoint(t *testing.T) {
	beside(t, func(w *world) {
		b := w.backends(3)
		two := resolver.Endpoint{Addresses: []resolver.Address{b[0].Address(), b[1].Address()}}
		w.pushEndpoints(two, resolver.Endpoint{Addresses: []resolver.Address{b[2].Address()}})
		same(w, "calls to the endpoint of one address, of 30", w.answers(30)[3], 15)
		same(w, "connections to the endpoint of two", b[0].Conns()+b[1].Conns(), 1)
		b[0].Stop()
		w.pause(time.Second)
		got := w.answers(30)
		same(w, "calls to the other address", got[2], 15)
		same(w, "calls to the endpoint of one address", got[3], 15)
	})
}

// One that stands there twice is one.
func TestFallback_Endpoint_NamedTwice(t *testing.T) {
	beside(t, func(w *world) {
		b := w.backends(2)
		one := resolver.Endpoint{Addresses: []resolver.Address{b[0].Address(), b[0].Address()}}
		w.pushEndpoints(one, one, resolver.Endpoint{Addresses: []resolver.Address{b[1].Address()}})
		same(w, "calls to the one that is named once, of 30", w.answers(30)[2], 15)
		same(w, "connections to the other", b[0].Conns(), 1)
	})
}

// What a resolver puts into attributes may be of any kind, and is there when the
// connection is made.
func TestSecure_Values_Fallback(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		for range 3 {
			var endpoints []resolver.Endpoint
			for _, b := range b {
				a := b.Address()
				a.Attributes = a.Attributes.WithValue("labels", map[string]string{"zone": "a"})
				endpoints = append(endpoints, resolver.Endpoint{Addresses: []resolver.Address{a}})
			}
			w.pushEndpoints(endpoints...)
			w.rotates("1 2")
		}
	})
}
