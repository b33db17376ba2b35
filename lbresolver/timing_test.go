package lbresolver

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"
)

const (
	withBalancer = "balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.1:443" + ours
	fallbackOnly = "addresses 10.0.1.1:443" + ours
)

func failing(m *memory) { m.records, m.failure = nil, errFailing }
func absent(m *memory)  { m.records, m.failure = nil, errAbsent }
func working(m *memory) { m.records, m.failure = []*net.SRV{{Target: "a.example.com.", Port: 81}}, nil }
func moved(m *memory)   { m.hosts["a.example.com."] = "10.0.0.9" }

func hangs(name string) func(*memory) { return func(m *memory) { m.hosts[name] = "hang" } }
func fails(name string) func(*memory) { return func(m *memory) { m.hosts[name] = "fail" } }

// both has two balancers of equal standing.
func both(m *memory) {
	m.records = []*net.SRV{{Target: "a.example.com.", Port: 81}, {Target: "b.example.com.", Port: 82}}
}

// What is known is told after a second, though the service's addresses are late;
// and those when they come, or not at all.
func TestFirst_WaitsForAddresses(t *testing.T) {
	inBubble(t, hangs(shop), func(b *bubble) {
		b.until(time.Second - 1)
		b.tells()
		b.until(time.Second)
		b.tells("balancers 10.0.0.1:81 as a.example.com" + ours)
		b.change(func(m *memory) { m.hosts[shop] = "10.0.1.1" })
		b.until(time.Minute)
		b.tells(withBalancer)
	})
}

// The same with the service config. Until it comes, the policy has its defaults.
func TestFirst_WaitsForServiceConfig(t *testing.T) {
	inBubble(t, func(m *memory) { m.text = "hang" }, func(b *bubble) {
		b.until(time.Second - 1)
		b.tells()
		b.until(time.Second)
		b.tells(withBalancer)
		b.change(func(m *memory) { m.text = "grpc_config=[{\"serviceConfig\":{\"loadBalancingPolicy\":\"x\"}}]" })
		b.until(time.Minute)
		b.tells("balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.1:443 | config {\"loadBalancingPolicy\":\"x\"}")
	})
}

// Fallback addresses wait for the balancers, or calls would go there at once: for
// as long as a look-up may take.
func TestFirst_WaitsForBalancers(t *testing.T) {
	inBubble(t, hangs("a.example.com."), func(b *bubble) {
		b.until(15*time.Second - 1)
		b.tells()
		b.until(15 * time.Second)
		b.tells(fallbackOnly)
	})
}

// Of several balancers, those that are known don't wait for the others.
func TestFirst_SomeBalancersLate(t *testing.T) {
	late := func(m *memory) { both(m); hangs("b.example.com.")(m) }
	inBubble(t, late, func(b *bubble) {
		b.until(time.Second - 1)
		b.tells()
		b.until(time.Second)
		b.tells(withBalancer)
		b.change(func(m *memory) { m.hosts["b.example.com."] = "10.0.0.2" })
		b.until(16 * time.Second) // the look-up is given up at 15 s
		b.tells("balancers 10.0.0.1:81 as a.example.com, 10.0.0.2:82 as b.example.com | " + fallbackOnly)
	})
}

// A balancer that is late is not taken for one that is gone.
func TestFirst_LateIsNotGone(t *testing.T) {
	inBubble(t, both, func(b *bubble) {
		b.tells("balancers 10.0.0.1:81 as a.example.com, 10.0.0.2:82 as b.example.com | " + fallbackOnly)
		b.change(func(m *memory) { moved(m); hangs("b.example.com.")(m) })
		b.until(time.Minute)
		b.ask()
		b.until(time.Minute + time.Second)
		b.tells("balancers 10.0.0.9:81 as a.example.com, 10.0.0.2:82 as b.example.com | " + fallbackOnly)
		b.until(30 * time.Minute)
		b.tells()
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
		b.until(time.Second)
		b.tells(withBalancer)
	})
}

// However often the channel asks, balancers are looked up 30 s after the last
// time, and not without being asked.
func TestInterval(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
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
		b.were("addresses", &b.memory.service, []float64{0, 30, 3600})
		b.were("service configs", &b.memory.texts, []float64{0, 30, 3600})
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
	inBubble(t, both, func(b *bubble) {
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

// News of the service's addresses do not put off the next try, and neither does
// the channel's asking.
func TestBackoff_NotPutOff(t *testing.T) {
	inBubble(t, failing, func(b *bubble) {
		for i := range 30 {
			b.change(func(m *memory) { m.hosts[shop] = fmt.Sprintf("10.0.1.%d", i) })
			b.ask()
			b.until(time.Duration(i) * 500 * time.Millisecond)
		}
		b.lookedAt(0, 1, 3, 7)
	})
}

// Balancers are kept for an hour of failures, as set up here, from the first.
func TestKeep(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
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
	inBubble(t, func(m *memory) { delete(m.hosts, shop) }, func(b *bubble) {
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
		b.tells(withBalancer)
		b.until(time.Hour)
		b.lookedAt(0)
	})
}

// The service's addresses stay while they can't be found out, as long as
// balancers do.
func TestAddresses_Failing(t *testing.T) {
	inBubble(t, fails(shop), func(b *bubble) {
		b.tells("balancers 10.0.0.1:81 as a.example.com" + ours)
		b.change(func(m *memory) { m.hosts[shop] = "10.0.1.1" })
		b.until(time.Second)
		b.tells(withBalancer)
		b.change(fails(shop))
		b.until(time.Minute)
		b.ask()
		b.until(2 * time.Minute)
		b.change(absent)
		b.ask()
		b.tells(fallbackOnly)
		b.until(time.Hour + time.Minute)
		b.tells("error lbresolver: no balancers for shop.example.com:443 (DNS has none)" +
			" and no addresses to fall back to (addresses of shop.example.com: lookup : server misbehaving)")
	})
}

// What the channel refuses is told again with the backoff, and everything is
// looked up again; accepted, it is not.
func TestRefused(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.until(2 * time.Second)
		b.tells(withBalancer, withBalancer)
		b.until(time.Hour)
		b.tells(withBalancer)
		b.lookedAt(0, 1, 3)
		b.were("addresses", &b.memory.service, []float64{0, 1, 3})
		b.were("service configs", &b.memory.texts, []float64{0, 1, 3})
	}, errors.New("bad resolver state"), errors.New("no"))
}

// A look-up that fails keeps to its own backoff meanwhile.
func TestRefused_WhileFailing(t *testing.T) {
	inBubble(t, failing, func(b *bubble) {
		b.tells(fallbackOnly)
		b.until(28 * time.Second)
		b.change(func(m *memory) { m.hosts[shop] = "10.0.1.2" })
		b.ask()
		b.until(34 * time.Second) // it is asked at 30 s, and refused; again at 31 s, and taken
		b.tells("addresses 10.0.1.2:443"+ours, "addresses 10.0.1.2:443"+ours)
		b.lookedAt(0, 1, 3, 7, 15, 25)
		b.were("addresses", &b.memory.service, []float64{0, 30, 31})
	}, nil, errors.New("no"))
}

// So it is where there is nothing to look up.
func TestRefused_WithoutDNS(t *testing.T) {
	inBubbleFor(t, "grpclb://10.0.0.1:81/10.0.1.1:443", nil, func(b *bubble) {
		b.until(time.Second)
		const all = "balancers 10.0.0.1:81 as 10.0.0.1 | addresses 10.0.1.1:443" + ours
		b.tells(all, all)
		b.until(time.Hour)
		b.tells()
	}, errors.New("bad resolver state"))
}

// Close breaks off look-ups, and takes no time. What is asked after it is not
// done.
func TestClose(t *testing.T) {
	hanging := func(m *memory) { hangs("a.example.com.")(m); hangs(shop)(m); m.text = "hang" }
	inBubble(t, hanging, func(b *bubble) {
		b.resolver.Close()
		if took := time.Since(b.began); took != 0 {
			t.Errorf("it took %v", took)
		}
		b.ask()
		b.resolver.Close()
		b.until(time.Hour)
		b.lookedAt(0)
	})
}
