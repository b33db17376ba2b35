package lbresolver

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// lookLimit bounds a look-up of all balancers. Go's resolver waits 5 s for an
// answer before it asks once more: room for a lost packet in each of the two
// steps, SRV records and then addresses.
const lookLimit = 15 * time.Second

// names is how names are looked up: what is needed of a net.Resolver.
type names interface {
	LookupHost(ctx context.Context, host string) (addresses []string, err error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// A balancer is one address of one. Priority and weight are those of its SRV
// record; all they are for is to see that a record has changed.
type balancer struct {
	addr, name       string
	priority, weight uint16
}

// compare puts the balancers of an answer, which differ in address or name, in
// an order that depends only on what they are.
func (b balancer) compare(o balancer) int {
	return cmp.Or(cmp.Compare(b.addr, o.addr), cmp.Compare(b.name, o.name))
}

// An answer is what came of a look-up.
type answer struct {
	balancers []balancer // in the order in which to try them, each once
	known     bool       // these are all there are, so that none means none
	err       error      // what went wrong; it may be better if looked up again
}

// A finder finds the balancers of one target. It is not changed any more.
type finder struct {
	names  names
	target target
}

// A place is a balancer whose addresses have to be looked up.
type place struct {
	hostPort
	priority, weight uint16
}

// look finds the balancers that there are now.
func (f finder) look(ctx context.Context) answer {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	switch {
	case len(f.target.balancers) > 0:
		return f.resolve(ctx, f.given())
	case f.target.noSRV():
		return answer{known: true}
	}
	places, err := f.srv(ctx)
	if err != nil {
		return answer{err: err}
	}
	return f.resolve(ctx, places)
}

// given returns the balancers that the target names.
func (f finder) given() (places []place) {
	for _, b := range f.target.balancers {
		places = append(places, place{hostPort: b})
	}
	return places
}

// srv returns the balancers of the SRV records, in the order in which to try
// them, which is random within a priority (RFC 2782). That there are no records
// is no error.
func (f finder) srv(ctx context.Context) (places []place, err error) {
	host := f.target.service.host
	_, records, err := f.names.LookupSRV(ctx, "grpclb", "tcp", host)
	if err != nil && len(records) == 0 {
		if isAbsent(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("SRV records of %s: %w", host, err)
	}
	if err != nil {
		logger.Warningf("lbresolver: some SRV records of %s are left out: %v", host, err)
	}
	for _, r := range records {
		// A target of "." says that there is no such service.
		if name := strings.TrimSuffix(r.Target, "."); name != "" && r.Port != 0 {
			places = append(places, place{hostPort{r.Target, r.Port}, r.Priority, r.Weight})
		}
	}
	return places, nil
}
