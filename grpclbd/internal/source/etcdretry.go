package source

import (
	"fmt"
	"time"

	"github.com/actorlb/grpclb/internal/delay"
)

// again ends the watch and reads all keys anew: at once, if that has not been necessary lately.
func (c *etcdCore) again(now time.Time, random float64) {
	c.todo = append(c.todo, wantStop)
	c.retry(now, random)
	if c.failures == 1 {
		c.due = now
	}
	c.wake(now)
}

// lost notes that etcd can't be read. Only the first of such errors in a row is told.
func (c *etcdCore) lost(now time.Time, err error, random float64) {
	if c.failing == "" {
		r, _ := c.failed(now, fmt.Errorf("etcd: %w", err))
		c.reports = append(c.reports, r)
	}
	c.retry(now, random)
}

func (c *etcdCore) retry(now time.Time, random float64) {
	c.stage, c.tellAt = waiting, time.Time{}
	c.due = now.Add(delay.After(etcdRetry, c.failures, random))
	c.failures++
}
