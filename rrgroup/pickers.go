package rrgroup

import (
	"context"

	"google.golang.org/grpc/balancer"
)

// A Gate parks calls that have nowhere to go yet. The pending package has one.
type Gate interface {
	// Park notes that the call with this context waits for a generation. Each
	// picker that has calls wait has an epoch, higher than the one before. An
	// error fails the call.
	Park(call context.Context, epoch uint64) error
}

// A waiting picker has calls wait for the next one.
type waiting struct {
	gate  Gate
	epoch uint64
}

// Pick parks the call, or fails it where the gate says that too many wait.
func (p waiting) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if err := p.gate.Park(info.Ctx, p.epoch); err != nil {
		return balancer.PickResult{}, err
	}
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A failing picker fails calls that are not wait-for-ready with its error. A
// ping waits for better times.
type failing struct {
	err   error
	pings waiting
}

// Pick returns the error.
func (p failing) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isPing(info) {
		return p.pings.Pick(info)
	}
	return balancer.PickResult{}, p.err
}

// A dropping picker drops every call: the list is nothing but drop entries. A
// ping is no call, and waits for a list that names a backend.
type dropping struct {
	drops *dropTable
	pings waiting
}

// Pick takes a turn of the drop rotation, for the count. Nothing passes, so what is
// owed of other lists is not collected.
func (p dropping) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isPing(info) {
		return p.pings.Pick(info)
	}
	_, err := p.drops.take()
	return balancer.PickResult{}, err
}

// An ownMetadata picker returns metadata that is the caller's own. Without it the
// metadata is that of an entry, which all its picks share.
type ownMetadata struct{ balancer.Picker }

// Pick copies the metadata of the pick that it returns.
func (p ownMetadata) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	r, err := p.Picker.Pick(info)
	if r.Metadata != nil {
		r.Metadata = r.Metadata.Copy()
	}
	return r, err
}
