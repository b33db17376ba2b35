package rrgroup

import (
	"context"

	"google.golang.org/grpc/balancer"
)

// A Gate parks calls that no picker can serve yet. Package pending has one.
type Gate interface {
	// Park notes that the call with this context waits. epoch is that of the picker; each
	// waiting picker has a higher one than the one before. If Park returns an error, the
	// call fails with it.
	Park(call context.Context, epoch uint64) error
}

// A waiting picker has calls wait for the next one.
type waiting struct {
	gate  Gate
	door  Door
	epoch uint64
}

// Pick parks the call, or fails it if too many calls wait.
func (p waiting) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isShow(info) {
		return show(p.door, info)
	}
	if err := p.gate.Park(info.Ctx, p.epoch); err != nil {
		return balancer.PickResult{}, err
	}
	return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
}

// A failing picker fails calls with its error. gRPC has wait-for-ready calls wait instead.
// Pings are parked.
type failing struct {
	err error
	own waiting
}

func (p failing) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isOwn(info) {
		return p.own.Pick(info)
	}
	return balancer.PickResult{}, p.err
}

// A dropping picker drops every call: the list has only drop entries. Pings are not
// dropped. They wait for a list that names a backend.
type dropping struct {
	drops *dropTable
	own   waiting
}

// Pick takes a turn of the drop rotation, so that the drop is counted. It uses no owed turn:
// an owed turn lets a call pass, and here no call passes.
func (p dropping) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isOwn(info) {
		return p.own.Pick(info)
	}
	_, err := p.drops.take()
	return balancer.PickResult{}, err
}

// An ownMetadata picker copies the metadata of each pick, so that a parent policy may write
// to it. Otherwise all picks of an entry share their metadata.
type ownMetadata struct{ balancer.Picker }

func (p ownMetadata) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	r, err := p.Picker.Pick(info)
	if r.Metadata != nil {
		r.Metadata = r.Metadata.Copy()
	}
	return r, err
}
