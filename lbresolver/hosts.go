package lbresolver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/internal/oneline"
)

// lookWidth is how many names are looked up at the same time, so that a name without an answer
// does not delay the others.
const lookWidth = 16

// A lookedUp is the result for one name.
type lookedUp struct {
	name string
	host host
	err  error
}

// resolve adds the addresses of its places to a. If some are known for a while and others are late,
// it calls early with a copy.
func (f finder) resolve(ctx context.Context, a answer, early func(answer)) answer {
	a.hosts = map[string]host{}
	for _, p := range a.places {
		if !p.isIP() {
			a.hosts[p.host] = host{v4: true, v6: true} // unknown until the answer comes
		}
	}
	results, pending := f.lookUp(ctx, a.hosts), len(a.hosts)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var late, said bool
	errs := map[string]error{}
	for pending > 0 {
		select {
		case r := <-results:
			a.hosts[r.name], errs[r.name] = r.host, r.err
			pending--
		case <-timer.C:
			late = true
		}
		if late && !said && a.found() {
			said = true
			early(a.copy())
		}
	}
	a.err = oneline.Join(a.err, f.judge(&a, errs))
	return a
}

// copy returns a copy of a.
func (a answer) copy() answer {
	a.hosts = maps.Clone(a.hosts)
	return a
}

// judge returns the errors for which another look-up may help. A name that fails affects only its own
// addresses. A name that does not exist, while others do, is logged and needs no look-up: its
// owner has to correct it.
func (f finder) judge(a *answer, errs map[string]error) error {
	var failed, absent []error
	for _, name := range slices.Sorted(maps.Keys(errs)) { // sorted, so the same errors have the same text
		if isAbsent(errs[name]) {
			absent = append(absent, errs[name])
		} else {
			failed = append(failed, errs[name])
		}
	}
	if len(absent) > 0 && a.found() {
		a.left = append(a.left, diary.Warningf(aboutRecords, "lbresolver: balancers of %s are left out: %v", f.target.service.host, oneline.Join(absent...)))
		absent = nil
	}
	return oneline.Join(append(failed, absent...)...)
}

// lookUp looks up these names and yields a result for each. When the last one has been received,
// its goroutines have ended or are about to.
func (f finder) lookUp(ctx context.Context, names map[string]host) <-chan lookedUp {
	results := make(chan lookedUp, len(names)) // room for all, so no goroutine waits
	todo := make(chan string, len(names))
	for name := range names {
		todo <- name
	}
	close(todo)
	for range min(lookWidth, len(names)) {
		go func() {
			for name := range todo {
				results <- f.host(ctx, name)
			}
		}()
	}
	return results
}

// host looks up one name.
func (f finder) host(ctx context.Context, name string) lookedUp {
	ips, err := f.names.LookupHost(ctx, name)
	r := lookedUp{name: name, host: host{ips: ips}}
	if err != nil {
		r.err = fmt.Errorf("addresses of %s: %w", hostPort{host: name}.name(), err)
	}
	var d *doubt
	switch {
	case err == nil || isAbsent(err):
	case errors.As(err, &d):
		r.host.v4, r.host.v6 = d.v4, d.v6
	default:
		r.host.v4, r.host.v6 = true, true
	}
	return r
}
