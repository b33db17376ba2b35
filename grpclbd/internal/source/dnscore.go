package source

import (
	"fmt"
	"net/netip"
	"time"

	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/internal/delay"
)

const (
	minTTL = 5 * time.Second
	maxTTL = 5 * time.Minute
	// spreadTTL keeps replicas that started together from asking together: the time to the
	// next look-up is this share longer or shorter, within the bounds above.
	spreadTTL = 0.1
)

// dnsRetry is when a look-up that failed is repeated.
var dnsRetry = backoff.Config{BaseDelay: time.Second, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 30 * time.Second}

// An answer is what a look-up has found.
type answer struct {
	ips []netip.Addr
	ttl time.Duration // the shortest of what was used
	err error         // not nil: nothing was found out
}

// A dnsCore decides when the name is looked up, and what is told.
type dnsCore struct {
	word
	cfg      config.Source
	port     uint16
	due      time.Time // of the next look-up; zero while one runs
	failures int       // in a row
}

// start reports whether a look-up is due; then it runs.
func (c *dnsCore) start(now time.Time) bool {
	if c.due.IsZero() || now.Before(c.due) {
		return false
	}
	c.due = time.Time{}
	return true
}

// looked notes that a look-up has ended. random is in [0, 1). It returns what to tell, or
// false for nothing.
func (c *dnsCore) looked(now time.Time, a answer, random float64) (backend.Report, bool) {
	var all []backend.Backend
	warning := ""
	if a.err == nil {
		all, warning, a.err = c.backends(a.ips)
	}
	if a.err != nil {
		c.due = now.Add(delay.After(dnsRetry, c.failures, random))
		c.failures++
		return c.failed(now, fmt.Errorf("dns: %w", a.err))
	}
	c.failures = 0
	c.due = now.Add(bound(delay.Spread(float64(bound(a.ttl)), spreadTTL, random)))
	return c.read(now, all, warning), true
}

func bound(ttl time.Duration) time.Duration { return min(max(ttl, minTTL), maxTTL) }

// backends returns the backends at the addresses. Those that clients can't use are left out; if
// there are no others, that is an error.
func (c *dnsCore) backends(ips []netip.Addr) (all []backend.Backend, warning string, err error) {
	for _, ip := range ips {
		b, fault := complete(backend.Backend{Address: netip.AddrPortFrom(ip, c.port).String()}, c.cfg)
		if fault != nil {
			warning, err = fmt.Sprintf("an address of %s is left out: %v", c.cfg.DNS, fault), fault
			continue
		}
		all = append(all, b)
	}
	if len(all) > 0 {
		err = nil
	}
	return all, warning, err
}
