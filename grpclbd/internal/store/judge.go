package store

import "time"

// judge finds out whether the store can be reached: the watch goes on, and etcd has
// answered the last job. Before the first answer or error nothing is known.
func (c *core) judge(now time.Time) {
	err := c.readErr
	if err == nil {
		err = c.keeper.err
	}
	if err == nil && !(c.watched && c.keeper.answered) {
		return
	}
	s := State{Reached: err == nil, Since: now}
	if err != nil {
		s.Why = err.Error()
	}
	if c.stateKnown && s.Reached == c.state.Reached {
		s.Since = c.state.Since
	}
	if c.stateKnown && s == c.state {
		return
	}
	c.logState(s)
	c.state, c.stateKnown = s, true
	c.do(tellState{s})
}

// logState: only a change is worth a line, and that etcd is there at the start is none.
func (c *core) logState(s State) {
	switch {
	case !s.Reached && (!c.stateKnown || c.state.Reached):
		c.do(lost{s.Why, c.read})
	case s.Reached && c.stateKnown && !c.state.Reached:
		c.do(found{})
	}
}
