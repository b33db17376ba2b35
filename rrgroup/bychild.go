package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/diary"
)

// A byChild is the chooser of a generation whose backends a child policy chooses.
type byChild struct {
	*hosted.Term
	of *generation
}

func (b byChild) state() connectivity.State { return b.State() }
func (b byChild) trying() bool              { return b.Trying() }

// arrived: a child has to be heard out first, and then as the rotation. If nobody else
// serves calls, it gets them as soon as it has published a picker, as it would from
// gRPC: there are policies that do nothing before they have calls.
func (b byChild) arrived(served bool) bool {
	return b.Heard() && b.State() != connectivity.Connecting || !served && b.Spoken()
}

// spent: the child has a newer plan, and none of the connections that it had is READY.
func (b byChild) spent() bool { return b.Over() }

func (b byChild) resting() *balancer.State { return b.Resting() }
func (b byChild) alone() bool              { return false }
func (b byChild) failed() error            { return nil }

func (b byChild) picker(d *display) balancer.Picker {
	as := hosted.Shown{State: d.state, Waits: d.idlePicker()}
	if d.state == connectivity.TransientFailure && d.newest != b.of {
		as.Reason = d.text
	}
	p := b.Term.Picker(as)
	if p == nil {
		return shown{as.Waits, d.door}
	}
	around := &childPicker{Picker: p, door: d.door}
	if d.state == connectivity.Ready {
		around.drops = b.of.drops
	}
	return around
}

func (b byChild) outdated(*display) (bool, time.Duration) { return b.Stale(), quietFor(b.of.size) }

// picks: turns are those of the drops alone.
func (b byChild) picks(_, again uint64) int64 { return int64(again) }

func (b byChild) backends() (all, ready int) { return b.Backends() }

func (b byChild) leave(*core)   { b.Leave() }
func (b byChild) forget()       { b.Retire() }
func (b byChild) ended(c *core) { b.End(c) }

// A childPicker is the picker of a generation for which a child chooses: drops come
// first, so that they are spread over the backends that the child picks in turn.
type childPicker struct {
	*hosted.Picker
	door  Door
	drops *dropTable // nil unless a backend is READY and the list has drops
}

// Pick asks the child, for the calls that are not dropped. If the child then has the
// call wait, as ring_hash may, the next pick uses that turn of the drops again.
func (p *childPicker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isOwn(info) {
		return p.own(info)
	}
	if p.drops != nil {
		if err := p.drops.drop(); err != nil {
			return balancer.PickResult{}, err
		}
	}
	r, err := p.Picker.Pick(info)
	if err != nil && isRepeated(err) {
		p.drops.owe()
	}
	return r, err
}

// isRepeated reports whether gRPC picks again for a call after this error. After
// one that is no status it does if the call is wait-for-ready.
func isRepeated(err error) bool {
	_, final := status.FromError(err)
	return !final
}

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
func (c *core) LetGo(conn hosted.SubConn) { c.unneeded = append(c.unneeded, conn.(*subConn)) }

// Do has a task for a child carried out.
func (c *core) Do(t hosted.Task) { c.do(forChild{t}) }

// Remark has a remark about a child logged.
func (c *core) Remark(r diary.Remark) { c.do(note{r}) }

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

// Entry returns the entry at a place.
func (g *generation) Entry(place int) hosted.Entry { return g.entry(place) }

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
