package lbtest

import (
	"sync/atomic"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
)

// scripted is a resolver, and the builder of it, for one channel. It differs
// from grpc-go's manual resolver in that push returns what the policy said.
type scripted struct {
	state shared[script]
	asked atomic.Int64 // calls of ResolveNow
}

type script struct {
	cc   resolver.ClientConn // nil until the channel builds the resolver
	last *resolver.State     // said again when the channel leaves idle mode
}

func newScripted() *scripted { return &scripted{state: share(script{})} }

// Scheme returns the scheme of the channel's target.
func (*scripted) Scheme() string { return "lbtest" }

// Build is called by the channel each time it leaves idle mode.
func (r *scripted) Build(_ resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	var last *resolver.State
	r.state.update(func(s *script) {
		s.cc = cc
		last = s.last
	})
	if last != nil {
		// Nobody is there to hear an error: whoever pushed it first was.
		_ = cc.UpdateState(*last)
	}
	return r, nil
}

// ResolveNow counts.
func (r *scripted) ResolveNow(resolver.ResolveNowOptions) { r.asked.Add(1) }

// Close does nothing: the resolver holds nothing and may be built again.
func (*scripted) Close() {}

func (r *scripted) push(state resolver.State) error {
	var cc resolver.ClientConn
	r.state.update(func(s *script) {
		s.last = &state
		cc = s.cc
	})
	return cc.UpdateState(state)
}

func (r *scripted) fail(err error) { r.conn().ReportError(err) }

func (r *scripted) parse(json string) *serviceconfig.ParseResult {
	return r.conn().ParseServiceConfig(json)
}

// conn returns the channel's side of the resolver; it is there once the
// channel was told to connect.
func (r *scripted) conn() (cc resolver.ClientConn) {
	r.state.view(func(s *script) { cc = s.cc })
	return cc
}
