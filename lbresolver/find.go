package lbresolver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// lookLimit bounds a look-up. Go's resolver waits 5 s for an answer before it
// asks once more: room for a lost packet in each of the two steps that it takes
// to find balancers, SRV records and then addresses.
const lookLimit = 15 * time.Second

// names is how names are looked up: what is needed of a net.Resolver. An error
// beside an answer says that there may be more, see doubt.
type names interface {
	LookupHost(ctx context.Context, host string) (addresses []string, err error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// An answer is what came of a look-up for places and their addresses.
type answer struct {
	places []place
	more   bool            // DNS left in doubt whether there are others
	hosts  map[string]host // by name, of each that was looked up
	err    error           // what went wrong; it may be better if looked up again
}

// count returns how many addresses it has.
func (a answer) count() (n int) {
	for _, p := range a.places {
		if p.isIP() {
			n++
		}
		n += len(a.hosts[p.host].ips)
	}
	return n
}

// found reports whether it has an address.
func (a answer) found() bool { return a.count() > 0 }

// A finder finds the balancers of one target, and the service. It is not changed
// any more.
type finder struct {
	names  names
	target target
}

// look finds the balancers that there are now.
func (f finder) look(ctx context.Context) answer {
	return f.lookEarly(ctx, func(answer) {})
}

// lookEarly is look, but if some are known for a while and others are late, it
// also says what there is by then.
func (f finder) lookEarly(ctx context.Context, early func(answer)) answer {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	a := answer{places: f.target.given()}
	if len(a.places) == 0 && !f.target.noSRV() {
		a = f.srv(ctx)
	}
	return f.resolve(ctx, a, early)
}

// lookService finds the service's own addresses.
func (f finder) lookService(ctx context.Context) answer {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	a := f.resolve(ctx, answer{places: f.target.own()}, func(answer) {})
	if isAbsent(a.err) {
		a.err = nil // it need not have any
	}
	return a
}

// srv finds the balancers of the SRV records. That there are no records is no
// error.
func (f finder) srv(ctx context.Context) (a answer) {
	name := f.target.service.host
	_, records, err := f.names.LookupSRV(ctx, "grpclb", "tcp", name)
	var d *doubt
	switch {
	case err == nil || isAbsent(err):
	case errors.As(err, &d) || len(records) == 0:
		a.more, a.err = true, fmt.Errorf("SRV records of %s: %w", name, err)
	default:
		logger.Warningf("lbresolver: some SRV records of %s are left out: %v", name, err)
	}
	for _, r := range records {
		// A target of "." says that there is no such service.
		if name := strings.TrimSuffix(r.Target, "."); name != "" && r.Port != 0 {
			a.places = append(a.places, place{hostPort{r.Target, r.Port}, r.Priority, r.Weight})
		}
	}
	return a
}

// isAbsent reports whether err is DNS's word that there are no such records.
// Anything else is a failure to find out.
func isAbsent(err error) bool {
	var failed *net.DNSError
	return errors.As(err, &failed) && failed.IsNotFound
}
