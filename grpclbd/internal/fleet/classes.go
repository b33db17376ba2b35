package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// Classes are groups of clients that get the same answer: the clients of a zone, or with subsets
// one client of a zone. The class "" is there always; its list is the whole one.
//
// A class stays for a while after its last stream has ended: streams end often, and the client that
// comes back keeps its subset.
type classes struct {
	byName map[string]*class
	idle   []idleClass // in the order of time; each class once at most
}

// A class is one of these groups.
type class struct {
	name         string
	zone, client string // client is "" unless there are subsets

	streams int
	idle    time.Time // since when there is no stream; zero: there is one
	queued  bool      // it is in the queue of idle classes, perhaps from an earlier time
	told    *answer   // nil: nothing yet
	before  *answer   // told before that
	refused *answer   // what the balancer did not take; nil: it took the last one
	changed time.Time // when told was told
}

type idleClass struct {
	*class
	since time.Time
}

const (
	lingering  = 2 * time.Minute // how long a class stays without a stream
	maxClasses = 1 << 16         // of clients; more of them share shared classes
	shared     = 1 << 6
	maxStray   = 1 << 6 // zones that only clients have named
)

func newClasses() classes {
	return classes{byName: map[string]*class{"": {}}}
}

// nameOf returns the name of a class. No two have the same: a zone that could be
// mistaken is quoted.
func nameOf(zone, client string) string {
	if client == "" {
		return escaped(zone)
	}
	return escaped(zone) + "/" + client
}

func escaped(zone string) string {
	if isZone(zone) || zone == "" {
		return zone
	}
	return fmt.Sprintf("%q", zone)
}

// clientOf returns the name of a client among subsets: the header grpclb-client, else its host. A
// name that is long is shortened, and where there are too many classes clients share some.
func (c *classes) clientOf(client lbserver.Client) string {
	name := hostOf(client.Peer)
	if v := client.Metadata.Get(clientHeader); len(v) > 0 && v[0] != "" {
		name = v[0]
	}
	if name == "" {
		name = "unknown"
	}
	sum := sha256.Sum256([]byte(name))
	if len(name) > 128 {
		name = name[:64] + "~" + hex.EncodeToString(sum[:16])
	}
	if len(c.byName) > maxClasses {
		name = fmt.Sprintf("shared-%d", sum[0]%shared)
	}
	return name
}

// join returns the class, and whether it is new.
func (c *classes) join(zone, client string, now time.Time) (cl *class, isNew bool) {
	name := nameOf(zone, client)
	cl = c.byName[name]
	if cl == nil {
		cl = &class{name: name, zone: zone, client: client}
		c.byName[name] = cl
		c.rest(cl, now)
		return cl, true
	}
	if cl.streams == 0 {
		c.rest(cl, now)
	}
	return cl, false
}

// refused reports whether the balancer has refused the answer of a class.
func (c *classes) refused() bool {
	for _, cl := range c.byName {
		if cl.refused != nil {
			return true
		}
	}
	return false
}

// strays returns how many zones of classes are not known, without the one that is given.
func (c *classes) strays(known map[string]bool, but string) int {
	zones := make(map[string]bool)
	for _, cl := range c.byName {
		if cl.zone != "" && cl.zone != but && !known[cl.zone] {
			zones[cl.zone] = true
		}
	}
	return len(zones)
}

// rest notes that a class has no stream since now.
func (c *classes) rest(cl *class, now time.Time) {
	cl.idle = now
	if cl.name != "" && !cl.queued {
		c.queue(cl)
	}
}

func (c *classes) queue(cl *class) {
	cl.queued = true
	at := sort.Search(len(c.idle), func(i int) bool { return c.idle[i].since.After(cl.idle) })
	c.idle = slices.Insert(c.idle, at, idleClass{cl, cl.idle})
}

func (c *classes) began(cl *class) {
	cl.streams++
	cl.idle = time.Time{}
}

func (c *classes) ended(cl *class, now time.Time) {
	if cl.streams--; cl.streams == 0 {
		c.rest(cl, now)
	}
}

// expired returns the classes that were without a stream for long enough. They are gone.
func (c *classes) expired(now time.Time) (gone []*class) {
	for len(c.idle) > 0 && !now.Before(c.idle[0].since.Add(lingering)) {
		cl := c.idle[0].class
		c.idle[0] = idleClass{}
		c.idle = c.idle[1:]
		cl.queued = false
		switch {
		case cl.streams > 0:
		case now.Before(cl.idle.Add(lingering)): // it had a stream meanwhile
			c.queue(cl)
		default:
			delete(c.byName, cl.name)
			gone = append(gone, cl)
		}
	}
	return gone
}

// next returns when to ask for expired ones; zero: never.
func (c *classes) next() time.Time {
	if len(c.idle) == 0 {
		return time.Time{}
	}
	return c.idle[0].since.Add(lingering)
}
