package register

import (
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/internal/delay"
)

// retry is when an attempt to enter the server is repeated.
var retry = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}

// A stage is where a registration is.
type stage int

const (
	held     stage = iota // it is in etcd, and its lease is kept alive
	waiting               // it is not; the next attempt to enter it is at due
	entering              // an attempt runs
	leaving               // an attempt runs, and is to be undone
	over                  // nothing is left to do but to revoke the lease
)

// A want is what the core wants done.
type want int

const (
	wantEnter  want = iota // start an attempt
	wantCancel             // end the attempt that runs
	wantKeep               // keep the lease alive
	wantRevoke             // revoke the lease, if there is one, answer who withdraws, and end
)

// A core decides what becomes of a registration. A lease is lost in stage held only; whoever
// withdraws in stage leaving or over waits for the end like the first.
type core struct {
	stage    stage
	lease    clientv3.LeaseID // 0: there is none
	due      time.Time
	failures int // attempts in a row

	todo []want
}

// lost notes that the lease has ended.
func (c *core) lost(now time.Time) {
	if c.stage == held {
		c.stage, c.lease, c.due = waiting, 0, now
	}
}

// wake starts an attempt if one is due.
func (c *core) wake(now time.Time) {
	if c.stage == waiting && !now.Before(c.due) {
		c.stage, c.due = entering, time.Time{}
		c.todo = append(c.todo, wantEnter)
	}
}

// entered notes that an attempt has ended. random is in [0, 1). After an error there may be a lease
// that could not be revoked: it ends by itself, or is revoked when the registration ends.
func (c *core) entered(now time.Time, lease clientv3.LeaseID, err error, random float64) {
	switch {
	case c.stage == leaving:
		c.lease = lease
		c.end()
	case err != nil:
		c.stage, c.lease, c.due = waiting, lease, now.Add(delay.After(retry, c.failures, random))
		c.failures++
	default:
		c.stage, c.lease, c.failures = held, lease, 0
		c.todo = append(c.todo, wantKeep)
	}
}

// withdraw begins the end.
func (c *core) withdraw() {
	switch c.stage {
	case held, waiting:
		c.end()
	case entering:
		c.stage = leaving
		c.todo = append(c.todo, wantCancel)
	}
}

func (c *core) end() {
	c.stage, c.due = over, time.Time{}
	c.todo = append(c.todo, wantRevoke)
}
