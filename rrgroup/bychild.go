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

// arrived: the child has reacted to the whole plan (see hosted.Term.Heard), and is not
// CONNECTING. If the current generation has no READY backend, it is enough that the child
// has published a picker: some policies connect only when they get calls.
func (b byChild) arrived(served bool) bool {
	return b.Heard() && b.State() != connectivity.Connecting || !served && b.Spoken()
}

// unusable: the child has a newer plan, and none of the connections that it had is READY.
func (b byChild) unusable() bool { return b.Over() }

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

// picks: every pick of the child counts in again. The turns only decide about drops.
func (b byChild) picks(_, again uint64) int64 { return int64(again) }

func (b byChild) backends() (all, ready int) { return b.Backends() }

func (b byChild) leave(*core)   { b.Leave() }
func (b byChild) forget()       { b.Retire() }
func (b byChild) ended(c *core) { b.End(c) }

// A childPicker is the picker of a generation for which a child chooses. It first decides
// whether the call is dropped, and asks the child only if not. So each of the backends
// between which the child alternates loses the same share of its calls.
type childPicker struct {
	*hosted.Picker
	door  Door
	drops *dropTable // nil unless a backend is READY and the list has drops
}

// Pick drops the call if it is a drop's turn, and otherwise asks the child. If the child
// has the call wait, as ring_hash may, the next pick uses the same turn.
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

// isRepeated reports whether gRPC may pick again for a call after this error: after
// ErrNoSubConnAvailable, and for a wait-for-ready call after any error that is no status.
func isRepeated(err error) bool {
	_, final := status.FromError(err)
	return !final
}

// The following methods implement hosted.Group, hosted.SubConn and hosted.Places.

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

// LetGo notes that a child, or one of its terms, does not need a SubConn any more.
func (c *core) LetGo(conn hosted.SubConn) { c.unneeded = append(c.unneeded, conn.(*subConn)) }

// Do has a task for a child carried out.
func (c *core) Do(t hosted.Task) { c.do(forChild{t}) }

// Remark has a remark about a child logged.
func (c *core) Remark(r diary.Remark) { c.do(note{r}) }

// Real returns gRPC's SubConn; nil if gRPC has made none.
func (c *subConn) Real() balancer.SubConn { return c.sc }

// State returns the state that it reported last.
func (c *subConn) State() connectivity.State { return c.state }

// Err returns why the last attempt to connect failed.
func (c *subConn) Err() error { return c.err }

// Users returns the record of the children that use c.
func (c *subConn) Users() *hosted.Users {
	if c.users == nil {
		c.users = new(hosted.Users)
	}
	return c.users
}

// Entry returns the entry at a place.
func (g *generation) Entry(place int) hosted.Entry { return g.entry(place) }

// hosted returns the plan in the form that a child is given. size is its number of
// entries.
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

// child returns the child that chooses the plan's backends; nil is the group's own
// rotation. In fallback there is always a child, by default round_robin.
func (p *Plan) child() *hosted.Child {
	if p.Child == nil && p.Provenance == FromResolver {
		return hosted.RoundRobin()
	}
	return p.Child
}
