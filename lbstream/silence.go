package lbstream

import (
	"fmt"
	"time"
)

// silence is why a call was given up that has brought nothing for so long.
type silence time.Duration

func (s silence) Error() string {
	return fmt.Sprintf("the balancer has sent no list within %v", time.Duration(s))
}

// due returns when the core is to be rung next; zero: there is nothing to do.
func (c *core) due() time.Time {
	silent := c.silentAt()
	if silent.IsZero() || !c.reports.due.IsZero() && c.reports.due.Before(silent) {
		return c.reports.due
	}
	return silent
}

// silentAt returns when the present call will have been silent for so long that
// something is to be done about it; zero: never.
func (c *core) silentAt() time.Time {
	if c.settings.Timeout <= 0 || !c.leaves() && !c.clings() {
		return time.Time{}
	}
	return c.started.Add(c.settings.Timeout)
}

// leaves reports whether the balancer is left if it goes on being silent. The only one
// keeps its call: it may speak yet, and there is nobody else to ask. While a call is
// being opened, it is with nobody.
func (c *core) leaves() bool { return c.phase == open && !c.heard.any && c.several() }

// clings reports whether contact is that of an earlier call: it is not for longer than
// the present one, open or not, may take to bring a list.
func (c *core) clings() bool {
	return c.status.Contact && !c.heard.list && (c.phase == open || c.phase == opening)
}

// rang: something may be due. from is where the balancer is that the present call
// is with.
func (c *core) rang(now time.Time, from string) []command {
	if at := c.silentAt(); !at.IsZero() && !now.Before(at) {
		return c.silent(now, from)
	}
	if !c.reports.rang(now) {
		return nil
	}
	return []command{ask{c.number}}
}

// silent: the present call has been silent for too long.
func (c *core) silent(now time.Time, from string) []command {
	because := silence(c.settings.Timeout)
	if c.leaves() {
		return append([]command{endStream{}}, c.over(now, because, true, from)...)
	}
	c.status.Contact, c.status.Err = false, because
	return nil
}
