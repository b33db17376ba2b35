package lbstream

import (
	"fmt"
	"time"
)

// silence is the error when a balancer has sent no list for this long.
type silence time.Duration

func (s silence) Error() string {
	return fmt.Sprintf("the balancer has sent no list within %v", time.Duration(s))
}

// due returns when rang has to be called next; zero: never.
func (c *core) due() time.Time {
	silent := c.silentAt()
	if silent.IsZero() || !c.reports.due.IsZero() && c.reports.due.Before(silent) {
		return c.reports.due
	}
	return silent
}

// silentAt returns when the present stream will have been silent for too long; zero:
// never.
func (c *core) silentAt() time.Time {
	if c.settings.Timeout <= 0 || !c.leaves() && !c.hasOldContact() {
		return time.Time{}
	}
	return c.started.Add(c.settings.Timeout)
}

// leaves reports whether the next balancer is to be asked if this one stays silent. If there is
// only one balancer, its stream stays: it may still send a list. A stream that is not open yet is
// not with any balancer.
func (c *core) leaves() bool { return c.phase == open && !c.heard.any && c.several() }

// hasOldContact reports whether contact is still that of an earlier stream. That ends when the present
// stream brings a list, or has brought none for the Timeout of the settings.
func (c *core) hasOldContact() bool {
	return c.status.Contact && !c.heard.list && (c.phase == open || c.phase == opening)
}

// rang: the time of due has come. from is the address of the balancer that the present
// stream is with.
func (c *core) rang(now time.Time, from string) {
	if at := c.silentAt(); !at.IsZero() && !now.Before(at) {
		c.silent(now, from)
	} else if c.reports.rang(now) {
		c.do(ask{c.number})
	}
}

// silent: the present stream has been silent for too long.
func (c *core) silent(now time.Time, from string) {
	because := silence(c.settings.Timeout)
	if c.leaves() {
		c.do(endStream{})
		c.past.countEnd(because)
		c.over(now, because, true, from)
		return
	}
	c.status.Contact, c.status.Err = false, because
}
