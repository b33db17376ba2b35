package lbresolver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/actorlb/grpclb/internal/diary"
)

// lookLimit bounds a look-up. Go's resolver waits 5 s for an answer and then asks once more. So
// there is time for one lost packet in each of the two steps, SRV records and addresses.
const lookLimit = 15 * time.Second

// names is the part of net.Resolver that looks names up. An error with an answer says that the
// answer may be incomplete, see doubt.
type names interface {
	LookupHost(ctx context.Context, host string) (addresses []string, err error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// An answer is the result of a look-up for places and their addresses.
type answer struct {
	places []place
	more   bool            // there may be more places
	hosts  map[string]host // by name, for each that was looked up
	err    error           // a failure; another look-up may help
	left   []diary.Remark  // what is left out, and why
}

// count returns how many addresses the answer has.
func (a answer) count() (n int) {
	for _, p := range a.places {
		if p.isIP() {
			n++
		}
		n += len(a.hosts[p.host].ips)
	}
	return n
}

// found reports whether the answer has an address.
func (a answer) found() bool { return a.count() > 0 }

// A finder finds the balancers and the addresses of one target. It does not change.
type finder struct {
	names  names
	target target
}

// look finds the balancers.
func (f finder) look(ctx context.Context) answer {
	return f.lookEarly(ctx, func(answer) {})
}

// lookEarly is look. If some balancers are known for a while and others are late, it also calls early
// with those that are known.
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
		a.err = nil // a service need not have addresses
	}
	return a
}

// srv looks up the SRV records. No records are not an error.
func (f finder) srv(ctx context.Context) (a answer) {
	name := f.target.service.host
	_, records, err := f.names.LookupSRV(ctx, "grpclb", "tcp", name)
	var d *doubt
	switch {
	case err == nil || isAbsent(err):
	case errors.As(err, &d) || len(records) == 0:
		a.more, a.err = true, fmt.Errorf("SRV records of %s: %w", name, err)
	default:
		a.left = append(a.left, diary.Warningf(aboutRecords, "lbresolver: some SRV records of %s are left out: %v", name, err))
	}
	for _, r := range records {
		// The target "." says that there is no such service (RFC 2782).
		if name := strings.TrimSuffix(r.Target, "."); name != "" && r.Port != 0 {
			a.places = append(a.places, place{hostPort{r.Target, r.Port}, r.Priority, r.Weight})
		}
	}
	return a
}

// isAbsent reports whether err is an answer of DNS that there are no such records. Any other error
// is a failure.
func isAbsent(err error) bool {
	var failed *net.DNSError
	return errors.As(err, &failed) && failed.IsNotFound
}
