package rrgroup

import "google.golang.org/grpc/balancer"

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

// publish gives a state to gRPC, or to the policy that is its parent.
func (g *Group) publish(s balancer.State) {
	if g.options.Parented {
		s.Picker = ownMetadata{s.Picker}
	}
	g.options.Parent.UpdateState(s)
}
