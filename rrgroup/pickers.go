package rrgroup

import (
	"context"

	"google.golang.org/grpc/balancer"
)

// A Gate parks calls that have no picker yet that can serve them. The pending package
// has one.
type Gate interface {
	// Park notes that the call with this context waits. Each picker that has calls
	// wait has an epoch, higher than the one before. An error fails the call.
	Park(call context.Context, epoch uint64) error
}

// A waiting picker has calls wait for the next one.
type waiting struct {
	gate  Gate
	door  Door
	epoch uint64
}

// Pick parks the call. It fails it if the gate says that too many wait.
func (p waiting) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isShow(info) {
		return show(p.door, info)
	}
	if err := p.gate.Park(info.Ctx, p.epoch); err != nil {
		return balancer.PickResult{}, err
	}
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A failing picker fails calls that are not wait-for-ready with its error. Pings wait.
type failing struct {
	err error
	own waiting
}

// Pick returns the error.
func (p failing) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isOwn(info) {
		return p.own.Pick(info)
	}
	return balancer.PickResult{}, p.err
}

// A dropping picker drops every call: the list has only drop entries. A ping is not a
// call; it waits for a list that names a backend.
type dropping struct {
	drops *dropTable
	own   waiting
}

// Pick takes a turn of the drop rotation, so that the drop is counted. Turns that are
// owed by other lists are left, since no call passes here.
func (p dropping) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isOwn(info) {
		return p.own.Pick(info)
	}
	_, err := p.drops.take()
	return balancer.PickResult{}, err
}

// An ownMetadata picker gives each pick metadata of its own, which the caller may write
// to. Without it all picks of an entry share their metadata.
type ownMetadata struct{ balancer.Picker }

// Pick copies the metadata of the pick that it returns.
func (p ownMetadata) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	r, err := p.Picker.Pick(info)
	if r.Metadata != nil {
		r.Metadata = r.Metadata.Copy()
	}
	return r, err
}
