package hostile

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// Ten thousand lists back to back, each unlike the one before. Only the latest
// is kept, and not every one is taken up: none costs more than a picker.
func TestSecure_Hostile_Lists(t *testing.T) {
	const lists = 10_000
	attack(t, bounds{heap: mib, pickers: lists}, func(v *victim) {
		c := v.trusting()
		for i := range lists {
			c.List(v.entry(fmt.Sprint(i)))
			if i%100 == 0 {
				v.served(listed)
			}
		}
		v.servedFor(time.Minute, listed)
	})
}

// A thousand lists a second. Each is taken up, at the price of one picker and
// of no connection.
func TestSecure_Hostile_ListsAtATime(t *testing.T) {
	const lists = 1000
	attack(t, bounds{heap: mib, pickers: lists}, func(v *victim) {
		c := v.trusting()
		for i := range lists {
			c.List(v.entry(fmt.Sprint(i)))
			pause(time.Millisecond)
			if i%10 == 0 {
				v.served(listed)
			}
		}
	})
}

// Lists that differ in whether they name a backend that is not there, a hundred
// a second: each costs a SubConn and a dial, and no call.
func TestSecure_Hostile_ListsOfNobody(t *testing.T) {
	const lists = 1000
	attack(t, bounds{heap: mib, pickers: lists, subConns: lists / 2, infos: 11}, func(v *victim) {
		c := v.trusting()
		for i := range lists {
			if i%2 == 0 {
				c.List(v.entry("good"), lbtest.Server(nobody, "dead"))
			} else {
				c.List(v.good()...)
			}
			pause(10 * time.Millisecond)
			v.served(listed)
		}
		v.atMost("dials to nobody", len(v.network.Dials(nobody)), lists/2)
	})
}

// A hundred lists a second with a mistake in each: a line a second tells of them.
func TestSecure_Hostile_ListsWithMistakes(t *testing.T) {
	const lists = 1000
	attack(t, bounds{heap: mib, pickers: lists, line: "entries skipped", lines: 11, infos: 11}, func(v *victim) {
		c := v.trusting()
		for i := range lists {
			c.List(v.entry(fmt.Sprint(i)), &lbpb.Server{})
			pause(10 * time.Millisecond)
		}
		v.served(listed)
	})
}

// asked is what is logged when it asks for fallback.
const asked = "in fallback because the balancer asked for it"

// Ten thousand times it asks for what has been done.
func TestSecure_Hostile_FallbackStorm(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, line: asked},
		func(v *victim) {
			c := v.trusting()
			c.Fallback()
			synctest.Wait()
			for i := range 10_000 {
				c.Fallback()
				if i%100 == 0 {
					v.served(fallback)
				}
			}
			v.servedFor(time.Minute, fallback)
		})
}

// The same at fifty turns a second: a line a second.
func TestSecure_Hostile_FallbackAndBackAtATime(t *testing.T) {
	const turns = 500
	attack(t, bounds{heap: mib, pickers: 2 * turns, subConns: 1, line: asked, lines: 11, infos: 22}, func(v *victim) {
		c := v.trusting()
		for range turns {
			c.Fallback()
			pause(10 * time.Millisecond)
			v.served(fallback)
			c.List(v.good()...)
			pause(10 * time.Millisecond)
			v.served(listed)
		}
	})
}

// It asks for fallback in each call and hangs up.
func TestSecure_Hostile_FallbackAndGone(t *testing.T) {
	attack(t, bounds{heap: mib, pickers: intoFallback, subConns: 1, calls: inTenMinutes, line: asked},
		func(v *victim) {
			v.lb.turn(func(c caller) error {
				return c.SendMsg(&lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_FallbackResponse{}})
			})
			v.resolve()
			v.servedFor(10*time.Minute, fallback)
		})
}

// Ten thousand times it asks for fallback and takes it back. A turn costs a
// picker and, since connections linger, no connection.
func TestSecure_Hostile_FallbackAndBack(t *testing.T) {
	const storm = 10_000
	attack(t, bounds{heap: mib, pickers: 2 * storm, subConns: 1, line: asked, lines: 2},
		func(v *victim) {
			c := v.trusting()
			for i := range storm {
				c.Fallback()
				if i%100 == 0 {
					synctest.Wait()
					v.served(fallback)
				}
				c.List(v.good()...)
			}
			synctest.Wait()
			v.servedFor(time.Minute, listed)
		})
}

// entry is an entry of the listed backend.
func (v *victim) entry(token string) *lbpb.Server {
	return lbtest.Server(v.backends[listed-1].Addr(), token)
}

// nobody is an address where nothing listens.
const nobody = "10.99.99.99:80"
