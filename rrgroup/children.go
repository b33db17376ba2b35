package rrgroup

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/hosted"
)

// What follows is what the children of the group need of its core; see hosted.Group.

// Find returns the SubConn of the pool for a connection of a child.
func (c *core) Find(a resolver.Address, listed, checked bool) hosted.SubConn {
	k := key{address: a, provenance: FromResolver, health: checked}
	if listed {
		k.provenance = FromBalancer
	}
	return c.find(k)
}

// Connect has an idle SubConn connect.
func (c *core) Connect(conn hosted.SubConn) { c.do(connect{conn.(*subConn)}) }

// LetGo notes that a child or a term of one does not need a SubConn any more.
func (c *core) LetGo(conn hosted.SubConn) { c.forsaken = append(c.forsaken, conn.(*subConn)) }

// Do has a task for a child carried out.
func (c *core) Do(t hosted.Task) { c.do(forChild{t}) }

// Real returns gRPC's SubConn.
func (c *subConn) Real() balancer.SubConn { return c.sc }

// State returns the state that it reported last.
func (c *subConn) State() connectivity.State { return c.state }

// Err returns why the last attempt to connect failed.
func (c *subConn) Err() error { return c.err }

// Users returns what children have of it.
func (c *subConn) Users() *hosted.Users {
	if c.users == nil {
		c.users = new(hosted.Users)
	}
	return c.users
}

// Pick counts a call for the entry at a place.
func (g *generation) Pick(place int) (balancer.PickResult, error) { return g.entry(place).pick() }

// hosted returns the plan as a child is given it. It has that many entries.
func (p *Plan) hosted(size int) *hosted.Plan {
	return &hosted.Plan{
		Child:     p.child(),
		Doing:     p.Doing,
		Listed:    p.Provenance == FromBalancer,
		Checks:    p.Provenance == FromResolver || p.CheckHealth,
		Size:      size,
		Backends:  p.backends(),
		Endpoints: p.Endpoints,
	}
}

// child returns the child that chooses the plan's backends; nil for the group's own
// rotation, which is for lists.
func (p *Plan) child() *hosted.Child {
	if p.Child == nil && p.Provenance == FromResolver {
		return hosted.RoundRobin()
	}
	return p.Child
}
