package fleet

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/lbserver"
)

// admit says whether clients may have the service now.
func (c *core) admit() error {
	if c.mode != view.Waiting {
		return nil
	}
	return status.Errorf(codes.Unavailable, "the balancer does not know the backends of %q yet: waiting for %s",
		c.name, strings.Join(c.waiting(), ", "))
}

// waiting returns who has not spoken yet.
func (c *core) waiting() []string {
	names := c.book.silent()
	if !c.recall.known {
		names = append(names, "the file with what sources said before the start")
	}
	if !c.overrides.said {
		names = append(names, "the overrides in the store")
	}
	return names
}

// classify returns the class of a client, which may have another one already. If the class is new,
// its answer is to be set first.
func (c *core) classify(client lbserver.Client, now time.Time) string {
	if c.mode != view.Waiting && c.stale {
		c.publish(now) // nobody is to get a list by the configuration of before
	}
	s := c.locate(client)
	s.asked = now
	key := ""
	if c.cfg.Subset > 0 {
		key = c.classes.clientOf(client)
	}
	s.class = c.enter(s.zone, key, now)
	if before := c.streams[client.ID]; before != nil && before.began {
		s.began, s.started = true, before.started
		c.classes.began(s.class)
		c.classes.ended(before.class, now)
	}
	c.streams[client.ID] = s
	return s.class.name
}

// enter returns a class. If it is new, its answer is to be set first.
func (c *core) enter(zone, client string, now time.Time) *class {
	cl, isNew := c.classes.join(zone, client, now)
	if isNew && c.mode != view.Waiting {
		c.drained.joined(cl.name)
		c.tell(cl, now)
	}
	return cl
}

// locate finds a client's zone.
func (c *core) locate(client lbserver.Client) *stream {
	s := &stream{}
	if c.cfg.Zones != nil {
		s.zone, s.zoneFrom = c.zones.of(client)
		if !c.zones.known[s.zone] && c.classes.strays(c.zones.known, s.zone) >= maxStray {
			s.zone, s.zoneFrom = "", ""
		}
	}
	return s
}

// began notes that a stream goes on after it was classified.
func (c *core) began(client lbserver.Client, now time.Time) {
	s := c.streams[client.ID]
	if s == nil || s.began {
		return
	}
	s.began = true
	if c.classes.byName[s.class.name] != s.class { // it has expired meanwhile
		s.class = c.enter(s.class.zone, s.class.client, now)
	}
	c.classes.began(s.class)
}

// ended notes that a stream is over.
func (c *core) ended(client lbserver.Client, now time.Time) {
	if s := c.streams.ended(client.ID); s != nil && s.began {
		c.classes.ended(s.class, now)
	}
}

// reported counts a load report.
func (c *core) reported(r lbserver.Report) { c.streams.heard(r) }

// expire forgets classes that had no stream for a while.
func (c *core) expire(now time.Time) {
	gone := c.classes.expired(now)
	if len(gone) == 0 {
		return
	}
	c.streams.sweep(now)
	for _, cl := range gone {
		c.do(removeClass{cl.name})
		c.drained.left(cl.name)
		if cl.client != "" {
			c.subsets.leave(cl.name)
			if c.levels.IsZero() {
				c.levels = now.Add(levelEvery)
			}
		}
	}
}
