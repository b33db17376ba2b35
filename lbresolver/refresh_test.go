package lbresolver

import (
	"testing"
	"time"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// Look-ups are repeated without being asked: everything, at that interval and up to
// a fifth earlier or later.
func TestResolve_Refresh(t *testing.T) {
	inBubbleFor(t, "grpclb:///shop.example.com?refresh=5m", nil, func(b *bubble) {
		b.tells(withBalancer)
		b.until(time.Minute)
		b.change(moved)
		b.until(4*time.Minute - 1)
		b.tells()
		b.until(6 * time.Minute)
		b.tells("balancers 10.0.0.9:81 as a.example.com | " + fallbackOnly)
		b.until(10 * time.Hour)
		b.tells()
		b.memory.mu.Lock()
		defer b.memory.mu.Unlock()
		seen := map[time.Duration]bool{}
		for i, at := range b.looks[1:] {
			took := at - b.looks[i]
			if seen[took] = true; took < 4*time.Minute || took > 6*time.Minute {
				t.Errorf("look-up %d came %v after the one before", i+1, took)
			}
		}
		if len(seen) < 50 {
			t.Errorf("there are %d intervals, of over 50 without a jitter of 0", len(seen))
		}
		if len(b.texts) < 100 || len(b.memory.service) < 100 {
			t.Errorf("service configs were looked up %d times, addresses %d times, want over 100", len(b.texts), len(b.memory.service))
		}
	})
}

// To be asked in between hastens the next, and failures have their backoff.
func TestResolve_Refresh_Asked(t *testing.T) {
	inBubbleFor(t, "grpclb:///shop.example.com?refresh=1h", nil, func(b *bubble) {
		b.until(time.Minute)
		b.ask()
		b.lookedAt(0, 60)
		b.change(failing)
		b.until(30 * time.Minute)
		b.ask()
		b.until(30*time.Minute + 3*time.Second)
		b.lookedAt(0, 60, 1800, 1801, 1803)
	})
}

// It is off where nobody says otherwise.
func TestResolve_Refresh_Off(t *testing.T) {
	inBubble(t, nil, func(b *bubble) {
		b.until(1000 * time.Hour)
		b.lookedAt(0)
	})
}

// The builder's option does the same, and the target's parameter comes first.
func TestResolve_Refresh_Option(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	for target, options := range map[string][]Option{
		"grpclb:///shop.example.com":            {refreshOption(time.Millisecond)},
		"grpclb:///shop.example.com?refresh=1s": {WithRefresh(time.Hour)},
	} {
		s.Remove(shopSRV)
		c, _ := resolve(t, target, s, options...)
		c.expect(t, fallbackOnly)
		s.Set("a.example.com", dnstest.Host("10.0.0.1"))
		s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
		c.expect(t, withBalancer)
	}
}

// The same again is not told, however often it is looked up, and whatever the
// order of the records.
func TestResolve_News(t *testing.T) {
	text := `grpc_config=[{"serviceConfig":{"a":1}}]`
	setUp := func(m *memory) { both(m); m.text = text; m.hosts[shop] = "10.0.1.1 10.0.1.2" }
	inBubbleFor(t, "grpclb:///shop.example.com?refresh=1m", setUp, func(b *bubble) {
		b.tells(`balancers 10.0.0.1:81 as a.example.com, 10.0.0.2:82 as b.example.com` +
			` | addresses 10.0.1.1:443, 10.0.1.2:443 | config {"a":1,"loadBalancingConfig":[{"grpclb":{}}]}`)
		for i := range 10 {
			b.change(func(m *memory) {
				m.records[0], m.records[1] = m.records[1], m.records[0]
				m.hosts[shop] = []string{"10.0.1.1 10.0.1.2", "10.0.1.2 10.0.1.1"}[i%2]
			})
			b.ask()
			b.until(time.Duration(i) * 10 * time.Minute)
		}
		b.tells()
		b.change(func(m *memory) { m.records[0].Weight, m.records[1].Weight = 0, 0; m.text = "" })
		b.until(3 * time.Hour)
		b.tells()
	})
}

// An error that is the same is not told again either, though it is looked up again.
func TestResolve_News_Errors(t *testing.T) {
	nothing := func(m *memory) { absent(m); delete(m.hosts, shop) }
	inBubble(t, nothing, func(b *bubble) {
		const none = "error lbresolver: no balancers for shop.example.com:443 (DNS has none) and no addresses to fall back to (DNS has none)"
		b.tells(none)
		b.until(15 * time.Second)
		b.lookedAt(0, 1, 3, 7, 15)
		b.tells()
		b.change(failing)
		b.until(25 * time.Second)
		b.tells("error lbresolver: no balancers for shop.example.com:443 (SRV records of shop.example.com: lookup : server misbehaving)" +
			" and no addresses to fall back to (DNS has none)")
		b.change(working)
		b.until(time.Minute)
		b.tells("balancers 10.0.0.1:81 as a.example.com" + ours)
	})
}

// So it is over DNS.
func TestResolve_News_OverDNS(t *testing.T) {
	s := startDNS(t)
	s.Set(shop, dnstest.Host("10.0.1.1"))
	s.Set(shopSRV, dnstest.SRV(0, 0, 81, "a.example.com"))
	s.Set("a.example.com", dnstest.Host("10.0.0.1"))
	c, r := resolve(t, "grpclb:///shop.example.com", s, append(quick, refreshOption(time.Millisecond))...)
	c.expect(t, withBalancer)
	c.staysAt(t, "nothing", r, s, shopSRV, dnsSRV)
	s.Set(shop, dnstest.Host("10.0.1.7"))
	c.expect(t, "balancers 10.0.0.1:81 as a.example.com | addresses 10.0.1.7:443"+ours)
}
