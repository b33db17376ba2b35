package rrgroup

import (
	"context"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// service has the methods of this module's own calls. Pickers tell these calls by the
// method, since comparing its name costs less than looking into the context of each call.
// The names have the same length, so that for nearly all other calls a comparison of
// lengths is enough.
const service = "/grpclb.Ping/"

// ShowMethod is the method that a call has which asks for the door of the policy. It is
// never sent.
const ShowMethod = service + "Show"

// isOwn reports whether a pick is for a ping or for a call of ShowMethod.
func isOwn(info balancer.PickInfo) bool {
	m := info.FullMethodName
	return len(m) == len(PingMethod) && m[:len(service)] == service
}

// isShow reports whether a pick is for a call of ShowMethod.
func isShow(info balancer.PickInfo) bool { return info.FullMethodName == ShowMethod }

// A Door is a way to the policy of a channel. All pickers have it.
type Door interface {
	// Show tells the caller with this context how to reach the policy. It must not
	// wait.
	Show(call context.Context)
}

// errShown ends a call of ShowMethod. Being a status it ends the call at once.
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

// A shown picker is one that is not this package's own, with the door before it.
type shown struct {
	balancer.Picker
	door Door
}

// Pick answers a call of ShowMethod, and has the other picker pick for all others.
func (p shown) Pick(info balancer.PickInfo) (balancer.PickResult, error) {
	if isShow(info) {
		return show(p.door, info)
	}
	return p.Picker.Pick(info)
}
