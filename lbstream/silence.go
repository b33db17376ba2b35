package lbstream

import (
	"fmt"
	"time"
)

// silence is why a call was given up that has brought nothing for so long.
type silence time.Duration

func (s silence) Error() string {
	return fmt.Sprintf("the balancer has sent nothing within %v", time.Duration(s))
}

// due returns when the core is to be rung next; zero: there is nothing to do.
func (c *core) due() time.Time {
	silent := c.silentAt()
	if silent.IsZero() || !c.reports.due.IsZero() && c.reports.due.Before(silent) {
		return c.reports.due
	}
	return silent
}

// silentAt returns when the present call has been silent for so long that the
// next balancer is asked; zero: never. A balancer that is the only one keeps its
// call: it may speak yet, and there is nobody else to ask.
func (c *core) silentAt() time.Time {
	if c.settings.Timeout <= 0 || c.phase != open || c.heard.any || !c.several() {
		return time.Time{}
	}
	return c.started.Add(c.settings.Timeout)
}

// rang: something may be due. from is where the balancer is that the present call
// is with.
func (c *core) rang(now time.Time, from string) []command {
	if at := c.silentAt(); !at.IsZero() && !now.Before(at) {
		return append([]command{endCall{}}, c.over(now, silence(c.settings.Timeout), true, from)...)
	}
	if !c.reports.rang(now) {
		return nil
	}
	return []command{ask{c.number}}
}
