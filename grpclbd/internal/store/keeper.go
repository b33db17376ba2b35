package store

import (
	"errors"
	"reflect"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/internal/delay"
)

const (
	leaseTTL   = 10 * time.Second // a replica that died vanishes after it
	renewAfter = time.Second      // so an etcd that is away is noticed within 3 s, with jobTime
	putPause   = time.Second      // between two times that the totals are written
	freePause  = time.Minute      // between two times that room is made: etcd does nothing else meanwhile
)

// retries is the wait after an attempt that failed.
var retries = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second}

// keeper decides what is asked of etcd for this replica's entry, one job at a time. It is a
// part of the core. Renewing the lease is also how the store notices that etcd is away.
type keeper struct {
	replica Replica // to be written; without Written
	dirty   bool    // it differs from what was written last

	lease   clientv3.LeaseID // zero: there is none
	renewed time.Time
	put     time.Time // when the entry was last written

	own   bool      // the etcd is that of this process
	full  bool      // it has refused a write, because its data have reached their limit
	freed time.Time // when room was last made

	busy     bool // a job runs
	taken    bool // etcd has taken the entry once
	answered bool // etcd has answered once
	failures int  // in a row
	retry    time.Time
	err      error // of the last job; nil if etcd answered
}

// write replaces the totals that are to be written.
func (k *keeper) write(r Replica) {
	if reflect.DeepEqual(r, k.replica) {
		return
	}
	k.replica, k.dirty = r, true
}

// due returns when next has a job: zero while one runs.
func (k *keeper) due() time.Time {
	if k.busy {
		return time.Time{}
	}
	at := k.renewed // a time that is past
	if k.lease != 0 {
		at = k.renewed.Add(renewAfter)
		if k.putFirst() {
			at = k.put.Add(putPause)
		}
	}
	if at.Before(k.retry) {
		return k.retry
	}
	return at
}

// putFirst reports whether the entry is to be written before the lease is renewed: what is
// due first is done first, so neither can hold up the other.
func (k *keeper) putFirst() bool {
	return k.dirty && k.put.Add(putPause).Before(k.renewed.Add(renewAfter))
}

// next returns the job that is due, or nil.
func (k *keeper) next(now time.Time) job {
	if k.busy || now.Before(k.due()) {
		return nil
	}
	k.busy = true
	switch {
	case k.full && k.own && now.Sub(k.freed) >= freePause:
		k.full, k.freed = false, now
		return free{}
	case k.lease == 0:
		return grant{}
	case !k.putFirst():
		return renew{k.lease}
	}
	k.dirty, k.put = false, now
	r := k.replica
	r.Written = now.Round(0)
	return put{k.lease, r}
}

// done takes in the answer to a job. A lease that etcd does not know any more is an answer:
// it ended while etcd could not be reached. Then there is a new one, and the entry
// is written again.
func (k *keeper) done(now time.Time, d jobDone, random float64) {
	k.busy = false
	if errors.Is(d.err, rpctypes.ErrLeaseNotFound) {
		k.lease, d.err = 0, nil
	}
	k.full = k.full || errors.Is(d.err, rpctypes.ErrNoSpace)
	if k.err = d.err; d.err != nil {
		k.failed(now, d, random)
		return
	}
	k.answered, k.failures, k.retry = true, 0, time.Time{}
	switch d.job.(type) {
	case grant:
		k.lease, k.renewed = d.lease, now
		k.writeAgain()
	case renew:
		k.renewed = now
	case put:
		k.taken = true
	}
}

func (k *keeper) failed(now time.Time, d jobDone, random float64) {
	if _, ok := d.job.(put); ok {
		k.writeAgain()
	}
	k.retry = now.Add(delay.After(retries, k.failures, random))
	k.failures++
}

// writeAgain has the totals written under the lease that there is now, if there are any.
func (k *keeper) writeAgain() { k.dirty = k.replica.Name != "" }
