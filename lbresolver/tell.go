package lbresolver

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"
)

// A view is what the channel can be told. The error is set only if there is nothing else.
type view struct {
	balancers []balancer
	addresses []string
	config    *serviceConfig // nil: none
	err       error
}

// equal reports whether v says the same as o.
func (v view) equal(o view) bool {
	return slices.Equal(v.balancers, o.balancers) && slices.Equal(v.addresses, o.addresses) &&
		v.config.equal(o.config) && fmt.Sprint(v.err) == fmt.Sprint(o.err)
}

// view returns what is known now.
func (c *core) view() view {
	if len(c.balancers) == 0 && len(c.addresses) == 0 {
		return view{err: c.nothing()}
	}
	v := view{balancers: c.balancers, addresses: c.addresses, config: c.config}
	if v.config == nil {
		v.config = c.own
	}
	return v
}

// tell returns what to tell the channel, if it does not know that yet.
func (c *core) tell(now time.Time) (v view, ok bool) {
	if !c.ready(now) {
		return view{}, false
	}
	v = c.view()
	same, retell := c.begun && v.equal(c.last), c.retell
	c.begun, c.last, c.retell = true, v, false
	if same && retell && v.err != nil {
		c.told(now, v.err) // the channel has this error already
		return view{}, false
	}
	return v, !same || retell
}

// told notes the channel's answer: nil if it accepted the update.
func (c *core) told(now time.Time, refusal error) { c.telling.ended(now, refusal, 0) }

// ready reports whether the first update need not wait any more: all questions have been
// answered, or tellBy has come.
func (c *core) ready(now time.Time) bool {
	if c.begun || c.balancing.answered && c.addressing.answered && c.configuring.answered {
		return true
	}
	return !c.tellBy.IsZero() && !now.Before(c.tellBy)
}

// enough reports whether the first update is of use without the rest: balancers are known, or
// it is known that there are none and the fallback addresses are known. Without that answer,
// fallback addresses would send calls to them.
func (c *core) enough() bool {
	return len(c.balancers) > 0 || c.balancing.answered && (len(c.addresses) > 0 || c.addressing.answered)
}

// state returns v as gRPC takes it, with the addresses in both fields, as gRPC's resolver for
// the scheme dns does.
func (v view) state() resolver.State {
	var s resolver.State
	for _, addr := range v.addresses {
		s.Addresses = append(s.Addresses, resolver.Address{Addr: addr})
		s.Endpoints = append(s.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: addr}}})
	}
	if v.config != nil {
		s.ServiceConfig = v.config.parsed
	}
	found := &state.State{}
	for _, b := range v.balancers {
		found.BalancerAddresses = append(found.BalancerAddresses, resolver.Address{Addr: b.addr, ServerName: b.name})
	}
	return state.Set(s, found)
}

// nothing returns why there are neither balancers nor addresses.
func (c *core) nothing() error {
	balancers, addresses := c.balancing.err, c.addressing.err
	if balancers == nil {
		balancers = errors.New("DNS has none")
	}
	if addresses == nil {
		addresses = errors.New("DNS has none")
	}
	if !c.target.fallback {
		return fmt.Errorf("lbresolver: no balancers for %v: %w", c.target.service, balancers)
	}
	return fmt.Errorf("lbresolver: no balancers for %v (%w) and no addresses to fall back to (%w)", c.target.service, balancers, addresses)
}
