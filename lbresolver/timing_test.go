package lbresolver

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"
)

const (
	withBalancer = "balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.1:443" + ours
	fallbackOnly = "addresses 10.0.1.1:443" + ours
	backend      = "10.0.1.1:443"
)

func failing(m *memory) { m.records, m.failure = nil, errFailing }
func absent(m *memory)  { m.records, m.failure = nil, errAbsent }
func working(m *memory) { m.records, m.failure = []*net.SRV{{Target: "a.example.com.", Port: 81}}, nil }
func moved(m *memory)   { m.hosts["a.example.com."] = "10.0.0.9" }

// Nothing is told before both questions are answered.
func TestFirst_WaitsForAddresses(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.until(time.Minute)
		b.tells()
		b.found(backend)
		b.tells(withBalancer)
	})
}

// A name to which nothing answers takes 15 s, and costs only itself.
func TestFirst_WaitsForBalancers(t *testing.T) {
	hanging := func(m *memory) {
		m.hosts["b.example.com."] = "hang"
		m.records = append(m.records, &net.SRV{Target: "b.example.com.", Port: 82})
	}
	inBubble(t, hanging, func(b *bubble) {
		b.found(backend)
		b.until(15*time.Second - 1)
		b.tells()
		b.until(15 * time.Second)
		b.tells(withBalancer)
	})
}

// Names that hang do not keep those behind them from being looked up.
func TestFirst_LooksUpInParallel(t *testing.T) {
	hanging := func(m *memory) {
		m.hosts["b.example.com."] = "hang"
		for range lookWidth - 1 {
			m.records = append([]*net.SRV{{Target: "b.example.com.", Port: 82}}, m.records...)
		}
	}
	inBubble(t, hanging, func(b *bubble) {
		b.found(backend)
		b.until(lookLimit)
		b.tells(withBalancer)
	})
}

// However often the channel asks, balancers are looked up 30 s after the last
// time, and not without being asked.
func TestInterval(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.found(backend)
		b.tells(withBalancer)
		b.until(5 * time.Second)
		b.change(moved)
		for range 3 {
			b.ask()
		}
		b.until(30*time.Second - 1)
		b.lookedAt(0)
		b.until(30 * time.Second)
		b.lookedAt(0, 30)
		b.tells("balancers 10.0.0.9:81 as a.example.com | addresses 10.0.1.1:443" + ours)
		b.until(time.Hour)
		b.lookedAt(0, 30)
		b.ask()
		b.lookedAt(0, 30, 3600)
		if b.asked != 4 {
			t.Errorf("the DNS resolver was asked %d times, want 4", b.asked)
		}
	})
}

// There is one look-up at a time, however long it takes. What is asked during
// it is done when the interval after it has passed.
func TestInterval_OneAtATime(t *testing.T) {
	hanging := func(m *memory) {
		m.hosts["b.example.com."] = "hang"
		m.records = []*net.SRV{{Target: "b.example.com.", Port: 82}}
	}
	inBubble(t, hanging, func(b *bubble) {
		b.until(5 * time.Second)
		b.ask()
		b.until(10 * time.Second)
		b.lookedAt(0)
		b.until(16 * time.Second)
		b.lookedAt(0, 16)
		b.change(working)
		b.ask()
		b.until(33 * time.Second) // the second has failed at 31 s, for the second time
		b.lookedAt(0, 16, 33)
		b.ask()
		b.until(time.Hour)
		b.lookedAt(0, 16, 33, 63)
	})
}

// The same again, in whatever order, is not told. Another priority is.
func TestInterval_NoNews(t *testing.T) {
	two := func(m *memory) {
		m.records = []*net.SRV{{Target: "a.example.com.", Port: 81}, {Target: "b.example.com.", Port: 82}}
	}
	inBubble(t, two, func(b *bubble) {
		b.found(backend)
		b.tells("balancers 10.0.0.1:81 as a.example.com, 10.0.0.2:82 as b.example.com | " + fallbackOnly)
		b.change(func(m *memory) { m.records[0], m.records[1] = m.records[1], m.records[0] })
		b.until(time.Minute)
		b.ask()
		b.lookedAt(0, 60)
		b.tells()
		b.change(func(m *memory) {
			m.records = []*net.SRV{{Target: "b.example.com.", Port: 82}, {Target: "a.example.com.", Port: 81, Priority: 1}}
		})
		b.until(2 * time.Minute)
		b.ask()
		b.tells("balancers 10.0.0.2:82 as b.example.com, 10.0.0.1:81 as a.example.com | " + fallbackOnly)
	})
}

// Failures are tried again without being asked, at growing intervals; being
// asked does not hasten that. A success begins anew.
func TestBackoff(t *testing.T) {
	inBubble(t, failing, func(b *bubble) {
		b.found(backend)
		b.tells(fallbackOnly)
		for range 5 {
			b.ask()
		}
		b.until(30 * time.Second)
		b.lookedAt(0, 1, 3, 7, 15, 25)
		b.change(working)
		b.until(35 * time.Second)
		b.tells(withBalancer)
		b.change(failing)
		b.ask()
		b.until(68 * time.Second)
		b.lookedAt(0, 1, 3, 7, 15, 25, 35, 65, 66, 68)
		b.tells()
	})
}

// News of the service's addresses do not put off the next try.
func TestBackoff_NotPutOff(t *testing.T) {
	inBubble(t, failing, func(b *bubble) {
		for i := range 30 {
			b.found(backend)
			b.until(time.Duration(i) * 500 * time.Millisecond)
		}
		b.lookedAt(0, 1, 3, 7)
	})
}

// Balancers are kept for an hour of failures, as set up here, from the first.
func TestKeep(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.found(backend)
		b.tells(withBalancer)
		b.change(failing)
		b.until(10 * time.Hour)
		b.ask()
		b.until(11*time.Hour - 1)
		b.tells()
		b.until(11 * time.Hour)
		b.tells(fallbackOnly)
		b.change(working)
		b.until(11*time.Hour + 10*time.Second)
		b.tells(withBalancer)
	})
}

// A success in between begins a new hour.
func TestKeep_BeginsAnew(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.found(backend)
		b.tells(withBalancer)
		b.change(failing)
		b.until(time.Hour)
		b.ask()
		b.until(2*time.Hour - 15*time.Second)
		b.change(working)
		b.until(2*time.Hour - time.Second)
		b.change(failing)
		b.ask()
		b.until(2*time.Hour + 50*time.Minute)
		b.tells()
		b.until(4 * time.Hour)
		b.tells(fallbackOnly)
	})
}

// When the last balancers are given up and there is nothing else, the channel
// is told what fails.
func TestKeep_NothingElse(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.found()
		b.tells("balancers 10.0.0.1:81 as a.example.com" + ours)
		b.change(failing)
		b.until(time.Minute)
		b.ask()
		b.until(time.Hour + time.Minute)
		b.tells("error lbresolver: no balancers for shop.example.com:443 (SRV records of shop.example.com: lookup : server misbehaving)" +
			" and no addresses to fall back to (DNS has none)")
	})
}

// DNS's word that there are none is not a failure: nothing is kept.
func TestKeep_NotIfAbsent(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.found(backend)
		b.tells(withBalancer)
		b.change(absent)
		b.until(30 * time.Second)
		b.ask()
		b.tells(fallbackOnly)
		b.until(time.Hour)
		b.lookedAt(0, 30)
	})
}

// SRV records that Go's resolver finds malformed come with those that are not.
func TestSRV_SomeMalformed(t *testing.T) {
	partly := func(m *memory) {
		m.failure = &net.DNSError{Err: "DNS response contained records which contain invalid names"}
	}
	inBubble(t, partly, func(b *bubble) {
		b.found(backend)
		b.tells(withBalancer)
		b.until(time.Hour)
		b.lookedAt(0)
	})
}

// The service's addresses stay while they can't be found out, and so does their
// order of service: no error is told.
func TestAddresses_Failing(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.memory.cc.ReportError(errFailing)
		b.tells("balancers 10.0.0.1:81 as a.example.com" + ours)
		b.found(backend)
		b.tells(withBalancer)
		b.memory.cc.ReportError(errFailing)
		b.tells()
		b.change(absent)
		b.until(time.Minute)
		b.ask()
		b.tells(fallbackOnly)
	})
}

// What the channel refuses is told again, after a look-up of everything, with
// the backoff; accepted, it is not.
func TestRefused(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.found(backend)
		b.until(2 * time.Second)
		b.tells(withBalancer, withBalancer)
		b.until(time.Hour)
		b.tells(withBalancer)
		b.lookedAt(0, 1, 3)
		if b.asked != 2 {
			t.Errorf("the DNS resolver was asked %d times, want 2", b.asked)
		}
	}, errors.New("bad resolver state"), errors.New("no"))
}

// Close breaks off a look-up, and takes no time. What is asked after it is not
// done.
func TestClose(t *testing.T) {
	hanging := func(m *memory) { m.hosts["a.example.com."] = "hang" }
	inBubble(t, hanging, func(b *bubble) {
		b.found(backend)
		b.resolver.Close()
		if took := time.Since(b.began); took != 0 {
			t.Errorf("it took %v", took)
		}
		if !b.closed {
			t.Error("the DNS resolver is not closed")
		}
		b.ask()
		b.resolver.Close()
		b.until(time.Hour)
		b.lookedAt(0)
	})
}

// A DNS resolver may give addresses in the old ways.
func TestAddresses_WithoutEndpoints(t *testing.T) {
	inBubble(t, absent, func(b *bubble) {
		addresses := []resolver.Address{{Addr: backend}}
		for _, say := range []func(){
			func() { b.memory.cc.(listener).NewAddress(addresses) },
			func() { b.found() },
			func() { _ = b.memory.cc.UpdateState(resolver.State{Addresses: addresses}) },
		} {
			say()
			synctest.Wait()
		}
		for _, want := range []int{1, 0, 1} {
			got := b.next(t)
			if n := len(got.state.Addresses); n != want || (want == 0) != (got.err != nil) {
				t.Errorf("told of %d addresses, %v, want %d", n, got.err, want)
			}
		}
	})
}

// In a process that imports grpc-go's grpclb, its DNS resolver finds balancers
// too. Ours are told, and if there are none, none.
func TestAddresses_WithBalancers(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		theirs := state.Set(resolver.State{Endpoints: []resolver.Endpoint{{Addresses: []resolver.Address{{Addr: backend}}}}},
			&state.State{BalancerAddresses: []resolver.Address{{Addr: "10.9.9.9:1"}}})
		_ = b.memory.cc.UpdateState(theirs)
		b.tells(withBalancer)
		b.change(absent)
		b.until(time.Minute)
		b.ask()
		b.tells(fallbackOnly)
	})
}
