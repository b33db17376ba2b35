package rrgroup

import (
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/hosted"
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
		return as.Waits
	}
	around := &childPicker{Picker: p}
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
	drops *dropTable // nil unless a backend is READY and the list has drops
}

// Pick asks the child, for the calls that are not dropped. If the child then has the
// call wait, as ring_hash may, the next pick uses that turn of the drops again.
func (p *childPicker) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isPing(info) {
		return p.ping(info)
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
