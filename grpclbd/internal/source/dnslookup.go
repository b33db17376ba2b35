package source

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
)

const (
	resolvConf = "/etc/resolv.conf"
	// lookTimeout is for a whole look-up: all names, types and servers.
	lookTimeout = 30 * time.Second
)

// A lookup finds the addresses of a name.
type lookup struct {
	host   string
	server string // IP:port of the name server; "": those of the system
}

// errNone: the name does not exist, or has no records of the type.
var errNone = errors.New("no such records")

// run looks the name up. The files of the system are read each time, because they may have changed.
func (l lookup) run(ctx context.Context) answer {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r, names, err := l.plan()
	if err != nil {
		return answer{err: err}
	}
	for _, name := range names {
		if a := r.addresses(ctx, name); !errors.Is(a.err, errNone) {
			// Also after a failure no other name is asked for: its addresses would be those
			// of something else.
			return a
		}
	}
	return answer{err: fmt.Errorf("%s does not exist or has no address", l.host)}
}

// plan returns whom to ask, and for which names, one after the other.
func (l lookup) plan() (resolver, []string, error) {
	if _, ok := dns.IsDomainName(l.host); !ok {
		return resolver{}, nil, fmt.Errorf("%q is not a name", l.host)
	}
	if l.server != "" {
		return resolver{servers: []string{l.server}, timeout: 3 * time.Second, attempts: 2}, []string{dns.Fqdn(l.host)}, nil
	}
	c, err := dns.ClientConfigFromFile(resolvConf)
	if err != nil {
		return resolver{}, nil, err
	}
	return system(c), c.NameList(l.host), nil
}

// system returns a resolver that asks the name servers of the system, within bounds.
func system(c *dns.ClientConfig) resolver {
	r := resolver{timeout: time.Duration(min(c.Timeout, 5)) * time.Second, attempts: min(c.Attempts, 5)}
	for _, server := range c.Servers {
		if ip, err := netip.ParseAddr(server); err == nil {
			r.servers = append(r.servers, netip.AddrPortFrom(ip, 53).String())
		}
	}
	if len(r.servers) == 0 {
		r.servers = []string{"127.0.0.1:53"} // as resolv.conf(5) has it
	}
	return r
}

// addresses asks for the A and AAAA records of a name. Both must be answered: if one question fails,
// nobody knows whether the addresses of that kind are still true.
func (r resolver) addresses(ctx context.Context, name string) answer {
	var of [2]answer
	var both errgroup.Group
	for i, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		both.Go(func() error {
			of[i] = r.records(ctx, name, kind)
			return nil
		})
	}
	_ = both.Wait() // the errors are in the answers
	a, aaaa := of[0], of[1]
	none, none6 := errors.Is(a.err, errNone), errors.Is(aaaa.err, errNone)
	switch {
	case a.err != nil && !none, none && none6:
		return a
	case aaaa.err != nil && !none6, none:
		return aaaa
	case none6:
		return a
	}
	return answer{ips: append(a.ips, aaaa.ips...), ttl: min(a.ttl, aaaa.ttl)}
}
