package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// core decides what the owner hears and what is asked of etcd. It is a pure value: it has
// neither goroutine nor clock. It keeps what it read last while etcd is away, and forgets
// nothing but what etcd says was deleted, and overrides that have ended.
type core struct {
	todo []action

	self      string // this replica's name
	overrides map[string]override.Override
	replicas  map[string]Replica
	bad       map[string]string // key → what is wrong with its value; so each is logged once

	read    bool  // everything was read once
	watched bool  // the watch was opened once
	readErr error // nil while the watch goes on
	keeper  keeper

	newest int64 // the newest revision of etcd that was heard of since everything was read
	older  int   // answers in a row since then that had an older one

	overridesChanged, replicasChanged bool // since the owner heard of them
	twice                             bool // another process writes under this replica's name
	tooLong                           bool // this replica's newest totals

	stateKnown bool
	state      State
}

func newCore(self string) core {
	return core{
		self:      self,
		overrides: map[string]override.Override{},
		replicas:  map[string]Replica{},
		bad:       map[string]string{},
	}
}

func (c *core) do(a action) { c.todo = append(c.todo, a) }

// everythingRead takes in all entries. What is not among them was deleted.
func (c *core) everythingRead(entries []entry, revision int64) {
	c.newest, c.older = revision, 0
	if !c.read {
		c.read, c.overridesChanged, c.replicasChanged = true, true, true
	}
	there := make(map[string]bool, len(entries))
	for _, e := range entries {
		there[e.key] = true
		c.apply(e)
	}
	for _, key := range c.keys() {
		if !there[key] {
			c.apply(entry{key: key})
		}
	}
}

// watchOpened: etcd says what changes from now on.
func (c *core) watchOpened() { c.watched, c.readErr = true, nil }

func (c *core) entriesChanged(entries []entry, revision int64) {
	c.newest = max(c.newest, revision)
	for _, e := range entries {
		c.apply(e)
	}
}

// readingFailed changes nothing of what is known.
func (c *core) readingFailed(err error) { c.readErr = err }

// full notes that etcd's data have reached their limit.
func (c *core) full() { c.keeper.full = true }

func (c *core) jobDone(now time.Time, d jobDone, random float64) {
	c.keeper.done(now, d, random)
	if _, ok := d.job.(free); ok {
		c.do(freed{d.err})
	}
	c.compare(d.revision)
}

// strikes is how many answers in a row may have an older revision than one before: a member may be behind
// another for a moment.
const strikes = 3

var errOlder = errors.New("etcd has lost its data, or has older ones: they are read anew")

// compare notices that etcd has lost its data: then its revisions are older. A watch would go on, and say nothing
// until etcd has reached the revision that the watch waits for.
func (c *core) compare(revision int64) {
	if revision == 0 || c.readErr != nil {
		return
	}
	if revision >= c.newest {
		c.newest, c.older = revision, 0
		return
	}
	if c.older++; c.older == strikes {
		c.do(readAgain{errOlder})
	}
}

// written takes in new totals of this replica. Those that are too long for etcd are not
// written; the others keep what was written before.
func (c *core) written(r Replica) {
	r.Name, r.Written = c.self, time.Time{}
	text, err := json.Marshal(r)
	if err == nil && len(text) > replicaLimit {
		err = fmt.Errorf("they have %d bytes, and may have %d", len(text), replicaLimit)
	}
	switch {
	case err == nil:
		c.tooLong = false
		c.keeper.write(r)
	case !c.tooLong:
		c.tooLong = true
		c.do(unwritten{err})
	}
}

// settle is called after each batch of events: the owner hears what has changed, once.
func (c *core) settle(now time.Time) {
	c.dropEnded(now)
	if c.overridesChanged {
		c.overridesChanged = false
		c.do(tellOverrides{c.sortedOverrides()})
	}
	if c.replicasChanged {
		c.replicasChanged = false
		c.do(tellReplicas{c.sortedReplicas()})
	}
	c.judge(now)
	if j := c.keeper.next(now); j != nil {
		c.do(run{j})
	}
}

// due returns when settle has to be called again without an event; zero: never.
func (c *core) due() time.Time {
	at := c.keeper.due()
	for _, o := range c.overrides {
		if !o.Until.IsZero() && (at.IsZero() || o.Until.Before(at)) {
			at = o.Until
		}
	}
	return at
}

// dropEnded forgets overrides that have ended by the clock of this process. Their keys
// vanish from etcd with their lease, for all replicas at the same time; this is for the
// time in which etcd can't be reached.
func (c *core) dropEnded(now time.Time) {
	for key, o := range c.overrides {
		if o.Over(now) {
			delete(c.overrides, key)
			c.overridesChanged = true
		}
	}
}
