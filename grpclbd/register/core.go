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
	held     stage = iota // it is in etcd, and its lease is kept alive; at due it looks after its key
	looking               // held, and a look at its key runs
	waiting               // it is not; the next attempt to enter it is at due
	entering              // an attempt runs
	leaving               // an attempt or a look runs; when it has ended, the registration ends
	over                  // nothing is left to do but to revoke the lease
)

// A want is what the core wants done.
type want int

const (
	wantEnter  want = iota // start an attempt
	wantCancel             // end the attempt or the look that runs
	wantKeep               // keep the lease alive
	wantLook               // look whether the key is there, and write it again if it is not
	wantRevoke             // revoke the lease, if there is one, answer who withdraws, and end
)

// A core decides what becomes of a registration. A lease is lost in stages held and looking only; whoever
// withdraws in stage leaving or over waits for the end like the first.
type core struct {
	every    time.Duration // between two looks
	stage    stage
	lease    clientv3.LeaseID // 0: there is none
	due      time.Time
	failures int // attempts in a row

	todo []want
}

// lost notes that the lease has ended.
func (c *core) lost(now time.Time) {
	switch c.stage {
	case held:
		c.stage, c.lease, c.due = waiting, 0, now
	case looking:
		c.lease = 0
		c.todo = append(c.todo, wantCancel)
	}
}

// wake starts an attempt or a look if one is due.
func (c *core) wake(now time.Time) {
	if c.due.IsZero() || now.Before(c.due) {
		return
	}
	c.due = time.Time{}
	switch c.stage {
	case waiting:
		c.stage = entering
		c.todo = append(c.todo, wantEnter)
	case held:
		c.stage = looking
		c.todo = append(c.todo, wantLook)
	}
}

// looked notes that a look has ended.
func (c *core) looked(now time.Time) {
	switch {
	case c.stage == leaving:
		c.end()
	case c.lease == 0: // lost meanwhile
		c.stage, c.due = waiting, now
	default:
		c.stage, c.due = held, now.Add(c.every)
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
		c.stage, c.lease, c.failures, c.due = held, lease, 0, now.Add(c.every)
		c.todo = append(c.todo, wantKeep)
	}
}

// withdraw begins the end.
func (c *core) withdraw() {
	switch c.stage {
	case held, waiting:
		c.end()
	case entering, looking:
		c.stage, c.due = leaving, time.Time{}
		c.todo = append(c.todo, wantCancel)
	}
}

func (c *core) end() {
	c.stage, c.due = over, time.Time{}
	c.todo = append(c.todo, wantRevoke)
}
