package enlist

import "time"

// pause is how long it takes until a registration that was refused is tried again.
const pause = 5 * time.Second

// patience is how long a server may need until it is healthy for the first time. Then that it is not is logged.
const patience = 5 * time.Second

// A stage is where the registration is.
type stage int

const (
	out      stage = iota // the server is not registered
	entering              // it is being registered
	in                    // it is registered
	leaving               // it is being withdrawn
)

// A want is what the core wants done.
type want int

const (
	wantCheck    want = iota // start a health check
	wantEnter                // register the server
	wantCancel               // stop registering it
	wantWithdraw             // withdraw it, because it stops
	wantExpire               // withdraw it, because it is unhealthy
	wantWarn                 // log that the server is not healthy yet
	wantSignal               // pass the signal on to the command
	wantEnd                  // the command has ended, and is not registered: end too
)

// A core decides when the server is registered, and when the command gets a signal.
type core struct {
	fall            int
	interval, grace time.Duration

	warnAt   time.Time // when it should have been healthy; zero: it was, or that it was not is logged
	stage    stage
	healthy  bool
	bad      int       // bad answers in a row
	checking bool      // a check runs
	checkAt  time.Time // of the next check; zero: none, because there is no need to
	enterAt  time.Time // not to be registered before
	listed   bool      // it was registered once
	stopping bool      // a signal came
	signalAt time.Time // when it is passed on; zero: not yet, or it was
	signaled bool      // it was passed on
	over     bool      // the command has ended
	ended    bool

	todo []want
}

func (c *core) want(w want) { c.todo = append(c.todo, w) }

// checked notes the answer to a health check.
func (c *core) checked(now time.Time, good bool) {
	c.checking, c.checkAt = false, now.Add(c.interval)
	if good {
		c.healthy, c.bad, c.warnAt = true, 0, time.Time{}
	} else if c.bad++; c.bad >= c.fall {
		c.healthy = false
	}
	if !good && !c.ending() && !c.warnAt.IsZero() && !now.Before(c.warnAt) {
		c.warnAt = time.Time{}
		c.want(wantWarn)
	}
	c.decide(now)
}

// entered notes how registering has ended.
func (c *core) entered(now time.Time, good bool) {
	c.stage = out
	if good {
		c.stage, c.listed = in, true
	} else {
		c.enterAt = now.Add(pause)
	}
	c.decide(now)
}

// left notes that the server is not registered any more.
func (c *core) left(now time.Time) {
	c.stage = out
	if c.stopping && !c.signaled {
		c.signalAt = now.Add(c.grace)
	}
	c.decide(now)
}

// signal notes that a signal came. The second one is passed on at once.
func (c *core) signal(now time.Time) {
	if c.over {
		return
	}
	if c.stopping {
		c.pass()
	}
	c.stopping = true
	c.decide(now)
}

// pass passes the signal on.
func (c *core) pass() {
	c.signaled, c.signalAt = true, time.Time{}
	c.want(wantSignal)
}

// exited notes that the command has ended.
func (c *core) exited(now time.Time) {
	c.over = true
	c.decide(now)
}

// ending reports whether the server's health does not matter any more.
func (c *core) ending() bool { return c.stopping || c.over }

// decide does what is due.
func (c *core) decide(now time.Time) {
	if c.ended {
		return
	}
	if !c.ending() && !c.checking && !c.checkAt.IsZero() && !now.Before(c.checkAt) {
		c.checking = true
		c.want(wantCheck)
	}
	c.register(now)
	if c.stopping && !c.over && !c.signaled && c.stage == out {
		// If clients were never sent to it, there is nothing to wait for.
		if c.signalAt.IsZero() && !c.listed || !c.signalAt.IsZero() && !now.Before(c.signalAt) {
			c.pass()
		} else if c.signalAt.IsZero() {
			c.signalAt = now.Add(c.grace)
		}
	}
	if c.over && c.stage == out {
		c.ended = true
		c.want(wantEnd)
	}
}

// register registers the server or withdraws it.
func (c *core) register(now time.Time) {
	fit := c.healthy && !c.ending()
	switch {
	case fit && c.stage == out && !now.Before(c.enterAt):
		c.stage = entering
		c.want(wantEnter)
	case !fit && c.stage == entering:
		c.want(wantCancel)
	case !fit && c.stage == in:
		c.stage = leaving
		if c.stopping || c.over {
			c.want(wantWithdraw)
		} else {
			c.want(wantExpire)
		}
	}
}

// alarm returns when decide has something to do; zero: when something else has happened.
func (c *core) alarm() time.Time {
	var at time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	if !c.checking && !c.ending() {
		sooner(c.checkAt)
	}
	if c.stage == out && c.healthy && !c.ending() {
		sooner(c.enterAt)
	}
	if !c.over {
		sooner(c.signalAt)
	}
	return at
}
