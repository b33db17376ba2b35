package rrgroup

import (
	"context"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// service is the service of this module's own calls, which no server has. A picker knows these
// calls by their method: to compare its name costs less than to look into the context of each
// call. The names of both methods have the same length, so for nearly all other calls the
// comparison of lengths is enough.
const service = "/grpclb.Ping/"

// ShowMethod is the method of a call by which Describe finds the policy of a channel. The call
// is never sent.
const ShowMethod = service + "Show"

// isOwn reports whether a pick is for a ping or for a call of ShowMethod.
func isOwn(info balancer.PickInfo) bool {
	m := info.FullMethodName
	return len(m) == len(PingMethod) && m[:len(service)] == service
}

// isShow reports whether a pick is for a call of ShowMethod.
func isShow(info balancer.PickInfo) bool { return info.FullMethodName == ShowMethod }

// A Door leads to the policy of a channel. All pickers of the channel have the same one.
type Door interface {
	// Show makes the policy known to the caller who made the call with this context. It must
	// not wait.
	Show(call context.Context)
}

// errShown ends a call of ShowMethod. It is a status, so gRPC ends the call at once.
var errShown = status.Error(codes.Unimplemented, "grpclb: this call asks about the channel, and is not sent")

// show answers a call of ShowMethod. The call is not parked, dropped or counted.
func show(d Door, info balancer.PickInfo) (balancer.PickResult, error) {
	if d != nil && info.Ctx != nil {
		d.Show(info.Ctx)
	}
	return balancer.PickResult{}, errShown
}

func (p *roundRobin) own(info balancer.PickInfo) (balancer.PickResult, error) {
	if isShow(info) {
		return show(p.door, info)
	}
	return p.ping(info)
}

func (p *childPicker) own(info balancer.PickInfo) (balancer.PickResult, error) {
	if isShow(info) {
		return show(p.door, info)
	}
	return p.ping(info)
}

// A shown picker is a picker of package hosted, which may ask that of a child policy. Calls of
// ShowMethod do not reach it.
type shown struct {
	balancer.Picker
	door Door
}

// Pick answers a call of ShowMethod. For all other calls the wrapped picker picks.
func (p shown) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isShow(info) {
		return show(p.door, info)
	}
	return p.Picker.Pick(info)
}
