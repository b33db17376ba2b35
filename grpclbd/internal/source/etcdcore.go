package source

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/grpc/backoff"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

const (
	etcdCheck = 2 * time.Second       // between two checks that etcd is there and the watch is not stuck
	etcdPause = 50 * time.Millisecond // between two reports, if many keys change
	// strikes is how many counts in a row may differ from what the watch has said, or come before it was
	// opened: the count may be newer.
	strikes = 2
)

// etcdRetry is when a reading that failed is repeated.
var etcdRetry = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}

// A stage is where the core is.
type stage int

const (
	waiting  stage = iota // to read at due. A count that arrives is too late to matter.
	reading               // a reading runs. A count that arrives is too late to matter.
	watching              // a watch is opened, and then tells what changes; due is when to count
)

// A want is what the core wants done.
type want int

const (
	wantRead  want = iota // read all keys
	wantWatch             // open the watch that has the number, from next
	wantStop              // end the watch
	wantCount             // count the keys
)

// An etcdCore decides when the keys are read, watched and counted, and what is told.
type etcdCore struct {
	word
	keys
	stage    stage
	due      time.Time // see stage
	next     int64     // the revision from which to watch
	number   uint64    // of the newest watch; what others say is late
	opened   bool      // that watch has been opened
	newest   int64     // the newest revision that etcd has mentioned
	counting bool
	failures int       // readings and watches in a row that have failed
	strikes  int       // counts in a row that differed, or came before the watch was opened
	tellAt   time.Time // when changes are told; zero: there are none
	toldAt   time.Time // when the last report was told

	todo    []want
	reports []backend.Report // to be told, in order
}

// wake does what is due.
func (c *etcdCore) wake(now time.Time) {
	if !c.tellAt.IsZero() && !now.Before(c.tellAt) {
		c.tell(now)
	}
	if now.Before(c.due) || c.counting && c.stage == watching {
		return
	}
	switch c.stage {
	case waiting:
		c.stage = reading
		c.todo = append(c.todo, wantRead)
	case watching:
		c.counting = true
		c.todo = append(c.todo, wantCount)
	}
}

// alarm returns when to wake the core; zero: something runs, whose end wakes it.
func (c *etcdCore) alarm() time.Time {
	at := c.due
	if c.stage == reading || c.counting {
		at = time.Time{}
	}
	if at.IsZero() || !c.tellAt.IsZero() && c.tellAt.Before(at) {
		return c.tellAt
	}
	return at
}

// read notes that a reading has ended.
func (c *etcdCore) read(now time.Time, m wasRead, random float64) {
	if m.err != nil {
		c.lost(now, m.err, random)
		return
	}
	c.replace(m.response.Kvs)
	c.stage, c.due, c.strikes = watching, now.Add(etcdCheck), 0
	c.newest = m.response.Header.Revision
	c.next = c.newest + 1
	c.number++
	c.opened = false
	c.todo = append(c.todo, wantWatch)
	c.tell(now)
}

// watchSaid notes what a watch says. An error, or the end of the watch, means that there may have been
// changes that it did not say: then all is read anew. That is no reason to tell an error.
func (c *etcdCore) watchSaid(now time.Time, said watchSaid, random float64) {
	m := said.response
	if !c.runs(said.number) {
		return
	}
	if m.Err() != nil {
		c.again(now, random)
		return
	}
	c.opened = true
	for _, e := range m.Events {
		if e.Type == mvccpb.DELETE {
			c.remove(e.Kv)
		} else {
			c.put(e.Kv)
		}
	}
	c.newest = max(c.newest, m.Header.Revision)
	if len(m.Events) > 0 && c.tellAt.IsZero() {
		c.tellAt = c.toldAt.Add(etcdPause)
		c.wake(now)
	}
}

// watchEnded notes that a watch has ended.
func (c *etcdCore) watchEnded(now time.Time, m watchEnded, random float64) {
	if c.runs(m.number) {
		c.again(now, random)
	}
}

// runs reports whether the watch with that number is the one that runs.
func (c *etcdCore) runs(watch uint64) bool { return c.stage == watching && c.number == watch }

// counted notes how many keys there are. If etcd has an older revision than before, it has lost its data; a
// watch would wait for revisions that come much later. While the watch is not opened, a value may
// have changed that nobody has told: then all is read anew after some counts.
func (c *etcdCore) counted(now time.Time, m wasCounted, random float64) {
	c.counting = false
	if c.stage != watching {
		return
	}
	if m.err != nil {
		c.todo = append(c.todo, wantStop)
		c.lost(now, m.err, random)
		return
	}
	c.due = now.Add(etcdCheck)
	if c.opened && m.response.Count == int64(len(c.of)) {
		c.strikes = 0
	} else {
		c.strikes++
	}
	if c.strikes == strikes || m.response.Header.Revision < c.newest {
		c.again(now, random)
		return
	}
	if c.strikes > 0 {
		return
	}
	c.failures = 0
	if c.tellAt.IsZero() && c.failing == "" {
		c.reports = append(c.reports, c.still(now))
	}
}

// tell tells what the keys say.
func (c *etcdCore) tell(now time.Time) {
	c.tellAt, c.toldAt = time.Time{}, now
	if err := tooMany(len(c.of)); err != nil {
		if r, tell := c.failed(now, fmt.Errorf("etcd: %w", err)); tell {
			c.reports = append(c.reports, r)
		}
		return
	}
	all, warning := c.backends()
	r := c.word.read(now, all, warning)
	r.Withdrawn = c.withdrawn()
	c.reports = append(c.reports, r)
}

// errNoStore: the program was started without one.
var errNoStore = errors.New("there is no etcd to read from")
