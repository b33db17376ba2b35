package observe

import (
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// core decides about one backend. It is a pure value: it has neither goroutine nor clock.
type core struct {
	todo []action

	address string
	checks  bool // health is checked
	judge   judge
	told    Health // what the watcher heard last
	weigher weigher
}

func newCore(address string, h *config.Health) core {
	c := core{address: address, checks: h != nil}
	if c.checks {
		c.judge = judge{interval: h.Interval, timeout: h.Timeout, rise: h.Rise, fall: h.Fall}
	}
	return c
}

func (c *core) do(a action) { c.todo = append(c.todo, a) }

// checked takes in the answer to a check.
func (c *core) checked(now time.Time, a answer, random float64) {
	c.judge.answered(now, a, random)
	c.tellHealth()
}

// watched takes in what the Watch stream brought.
func (c *core) watched(now time.Time, a answer) {
	c.judge.watched(now, a)
	c.tellHealth()
}

// broken: the Watch stream has ended. That alone says nothing about the backend: a check
// follows.
func (c *core) broken(now time.Time) { c.judge.doubt(now) }

// tellHealth tells of the health if it differs from what was told.
func (c *core) tellHealth() {
	h := c.judge.health(c.address)
	if !c.judge.known || h == c.told {
		return
	}
	changed := h.Since != c.told.Since
	c.told = h
	c.do(tellHealth{health: h, changed: changed})
	if changed && !h.Healthy && c.weigher.forget() {
		c.tellLoad()
	}
}

// reported takes in a load report.
func (c *core) reported(now time.Time, f figures) {
	if err := c.weigher.reported(now, f); err != nil {
		c.do(nonsense{err})
	}
	if !c.weigher.wrong {
		c.tellLoad()
	}
}

func (c *core) tellLoad() {
	l := c.weigher.load
	l.Address = c.address
	c.do(tellLoad{l})
}

// tick is called when due says so.
func (c *core) tick(now time.Time) {
	if c.checks && c.judge.check(now) {
		c.do(check{})
	}
	if c.weigher.expire(now) {
		c.tellLoad()
	}
}

// due returns when tick is to be called; zero: never.
func (c *core) due() time.Time {
	at := c.weigher.expires()
	if c.checks && !c.judge.checking {
		if next := c.judge.due(); at.IsZero() || next.Before(at) {
			at = next
		}
	}
	return at
}

// action is something that the core wants done.
type action interface{ isAction() }

// check: ask the backend whether it serves.
type check struct{}

// tellHealth: the watcher hears of the health.
type tellHealth struct {
	health  Health
	changed bool // not only its Why
}

// tellLoad: the watcher hears of the load.
type tellLoad struct{ load Load }

// nonsense: a line in the log about a load report.
type nonsense struct{ err error }

func (check) isAction()      {}
func (tellHealth) isAction() {}
func (tellLoad) isAction()   {}
func (nonsense) isAction()   {}
