package lbresolver

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"
)

// tell returns what the channel is to be told, if there are news. An error is
// for when there is nothing else. Until DNS has answered both questions there
// is nothing to say: fallback addresses before the balancers are known would
// have calls go there, and a service config that comes late changes the policy.
func (c *core) tell() (s resolver.State, err error, ok bool) {
	if !c.news || !c.addressed || !c.looked {
		return resolver.State{}, nil, false
	}
	c.news = false
	if s = c.state(); len(c.balancers) == 0 && len(s.Addresses) == 0 && len(s.Endpoints) == 0 {
		return resolver.State{}, c.nothing(), true
	}
	return s, nil, true
}

// state is all that is known. Balancers that the DNS resolver found too, as it
// does in processes that import grpc-go's grpclb, are replaced.
func (c *core) state() resolver.State {
	s := c.addresses
	if !c.target.fallback {
		s.Addresses, s.Endpoints = nil, nil
	}
	// A channel that gets no service config goes on with the one it had. So one
	// from DNS is not replaced by ours when it could not be looked up again.
	if s.ServiceConfig == nil && !c.ownConfig {
		s.ServiceConfig = c.config
	}
	found := &state.State{}
	for _, b := range c.balancers {
		found.BalancerAddresses = append(found.BalancerAddresses, resolver.Address{Addr: b.addr, ServerName: b.name})
	}
	return state.Set(s, found)
}

// nothing says why there is nothing to tell.
func (c *core) nothing() error {
	balancers, addresses := c.balancerErr, c.addressErr
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
