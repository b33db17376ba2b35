package lbresolver

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"
)

// lookWidth is how many names are looked up at a time, so that one to which
// nothing answers does not hold up the others.
const lookWidth = 16

// resolve looks up the addresses of all of them. A name that fails costs its
// own addresses and no others. It is worth another try if DNS failed, or if
// nothing else is there; a name that does not exist, beside others that do, is
// for whoever wrote it to mend.
func (f finder) resolve(ctx context.Context, places []place) answer {
	found, errs := f.addresses(ctx, places)
	a := answer{known: true}
	var failed []error
	for i, p := range places {
		if errs[i] != nil {
			logger.Warningf("lbresolver: balancer %v of %s is left out: %v", p.hostPort, f.target.service.host, errs[i])
		}
		if errs[i] != nil && !isAbsent(errs[i]) {
			failed = append(failed, errs[i])
		}
		a.balancers = append(a.balancers, found[i]...)
	}
	a.err = errors.Join(failed...)
	if len(a.balancers) == 0 {
		a.known = a.err == nil
		a.err = errors.Join(errs...)
	}
	a.balancers = unique(a.balancers)
	return a
}

// addresses looks up each place. Results and errors have its index.
func (f finder) addresses(ctx context.Context, places []place) ([][]balancer, []error) {
	found, errs := make([][]balancer, len(places)), make([]error, len(places))
	var all errgroup.Group
	all.SetLimit(lookWidth)
	for i, p := range places {
		all.Go(func() error {
			found[i], errs[i] = f.hosts(ctx, p)
			return nil
		})
	}
	_ = all.Wait() // none of them returns an error
	return found, errs
}

func (f finder) hosts(ctx context.Context, p place) (found []balancer, err error) {
	ips := []string{p.host}
	if !p.isIP() {
		if ips, err = f.names.LookupHost(ctx, p.host); err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", p.name(), err)
		}
	}
	for _, ip := range ips {
		found = append(found, balancer{hostPort{ip, p.port}.String(), p.name(), p.priority, p.weight})
	}
	return found, nil
}

// isAbsent reports whether err is DNS's word that there are no such records.
// Anything else is a failure to find out.
func isAbsent(err error) bool {
	var failed *net.DNSError
	return errors.As(err, &failed) && failed.IsNotFound
}

// unique drops addresses that came before.
func unique(all []balancer) (kept []balancer) {
	type identity struct{ addr, name string }
	seen := map[identity]bool{}
	for _, b := range all {
		if id := (identity{b.addr, b.name}); !seen[id] {
			seen[id] = true
			kept = append(kept, b)
		}
	}
	return kept
}
