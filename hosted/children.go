package hosted

import (
	"slices"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"

	"github.com/actorlb/grpclb/actor"
)

// Children are the child policies of a group. It is a core, owned by the group's goroutine.
type Children struct {
	group     Group
	instances []*Instance // those that are not closed
}

// NewChildren returns the children of a group that has none yet.
func NewChildren(g Group) *Children { return &Children{group: g} }

// Count returns how many children there are.
func (c *Children) Count() int { return len(c.instances) }

// Begin has a child choose the backends of a plan, and returns the term of that. It uses
// an instance that there is, if that has the same policy, provenance and health checks;
// otherwise it starts a new one. The instance's term before is superseded.
func (c *Children) Begin(plan *Plan, entries Entries) *Term {
	in := c.instanceFor(plan)
	t := &Term{by: in, plan: plan, entries: entries}
	if old := in.newest; old != nil {
		old.supersede()
	}
	in.newest = t
	in.terms++
	c.update(in)
	return t
}

func (c *Children) instanceFor(plan *Plan) *Instance {
	name := plan.Child.Builder.Name()
	for _, in := range c.instances {
		if in.listed == plan.Listed && in.name == name && in.checks == plan.Checks {
			return in
		}
	}
	in := &Instance{group: c.group, listed: plan.Listed, name: name, checks: plan.Checks, orders: actor.NewInbox[Order]()}
	c.instances = append(c.instances, in)
	c.group.Do(Start{in})
	return in
}

// update gives a child its newest plan. If the child has not carried out the update before,
// this waits until it has; of several plans that come meanwhile, the child gets only the
// last. It does nothing if the newest plan is retired already.
func (c *Children) update(in *Instance) {
	if in.renew = in.done < in.updated; in.renew || in.newest.plan == nil {
		return
	}
	in.order(update{in.newest.plan})
	in.updated = in.asked
}

// Dismiss closes the children that choose neither for the current generation nor for the
// incoming one.
func (c *Children) Dismiss() {
	c.instances = slices.DeleteFunc(c.instances, func(in *Instance) bool {
		if in.terms > 0 {
			return false
		}
		in.close()
		return true
	})
}

// Close closes all children.
func (c *Children) Close() {
	for _, in := range c.instances {
		in.close()
	}
	c.instances = nil
}

// Hear handles a message.
func (c *Children) Hear(m Message) {
	switch m := m.(type) {
	case Makes:
		c.makes(m.Conn)
	case Connects:
		c.connects(m.Conn)
	case Shuts:
		c.shuts(m.Conn)
	case listens:
		c.listens(m.conn, m.listener)
	case healthReported:
		c.healthReported(m.watch, m.state)
	case Says:
		c.says(m.Instance, m.State)
	case Settled:
		c.settled(m.Instance, m.Order)
	case remarks:
		c.group.Remark(m.remark)
	default:
		panic("BUG: unknown message about a child policy")
	}
}

// makes finds a SubConn for a new connection of a child, unless the child can't use it.
func (c *Children) makes(conn *Conn) {
	in := conn.by
	if conn.shut = in.closed || in.isStrange(conn.address.Addr); !conn.shut {
		conn.sub = c.group.Find(bare(conn.address), in.listed, in.checks && conn.options.HealthCheckEnabled)
		conn.users = conn.sub.Users()
		conn.users.attach(conn)
		in.add(conn)
	}
	c.group.Do(Answer{conn})
}

// Answer returns the error for a child that does not get the connection that it asked for,
// or nil.
func (c *Children) Answer(conn *Conn) error {
	switch {
	case conn.sub == nil && !conn.by.closed:
		return errUnlisted
	case conn.shut:
		return errClosed
	case conn.sub.Real() == nil: // gRPC has refused to make it
		c.leave(conn)
		return conn.sub.Err()
	}
	conn.sc = conn.sub.Real()
	return nil
}

// connects connects a connection for its child. The child is told the states that lead to
// the present one; see catchUp.
func (c *Children) connects(conn *Conn) {
	if conn.shut || conn.listening {
		return
	}
	conn.listening = true
	if conn.sub.State() == connectivity.Idle {
		c.group.Connect(conn.sub)
	}
	for _, s := range conn.catchUp() {
		conn.report(s)
	}
}

// shuts takes a connection from a child that does not need it any more.
func (c *Children) shuts(conn *Conn) {
	if conn.shut {
		return
	}
	c.leave(conn)
	conn.report(balancer.SubConnState{ConnectivityState: connectivity.Shutdown})
}

// leave removes a connection of a child. Its SubConn is let go, and stays if others need
// it.
func (c *Children) leave(conn *Conn) {
	conn.by.remove(conn)
	conn.detach()
	c.group.LetGo(conn.sub)
}

// Reported tells the children that use a SubConn its new state. The watch of its health
// ends.
func (c *Children) Reported(u *Users, s balancer.SubConnState) {
	if u == nil {
		return
	}
	u.watch = nil
	for _, conn := range u.conns {
		if conn.listening {
			conn.listening = s.ConnectivityState != connectivity.Idle
			conn.report(s)
		}
	}
	if u.holder != nil && s.ConnectivityState != connectivity.Ready {
		u.holder.lost()
	}
}

// says takes in a state that a child has published. A child that became IDLE is told to
// leave that state, as gRPC does with a channel's policy that has calls. It is told once
// only, because some policies stay IDLE until they get calls.
func (c *Children) says(in *Instance, s *balancer.State) {
	if in.closed {
		return
	}
	slept := in.newest.said != nil && in.newest.said.ConnectivityState == connectivity.Idle
	in.says(s)
	if s.ConnectivityState == connectivity.Idle && !slept {
		in.order(wake{})
		in.woken = in.asked
	}
}

// settled takes in that a child has carried out the orders up to this number.
func (c *Children) settled(in *Instance, order uint64) {
	if in.closed {
		return
	}
	in.settled(order)
	if in.renew {
		c.update(in)
	}
}
