package lbstream

import (
	"slices"

	"google.golang.org/grpc/resolver"
)

// In a round the balancers are asked for a list, one after the other in the order of
// the target. The round is over when one has sent a list or when all have been tried.
// After a stream without a list the next balancer is asked at once; after the last one the
// backoff comes, and then the next round. With one balancer each stream is a round.
//
// The channel has the balancers that are left in the round and have the same route. Its
// pick_first may skip any number of them that it can't connect to.

// untried returns the balancers that are left in this round.
func (c *core) untried() []resolver.Address {
	if len(c.tried) == 0 {
		return c.target.Balancers
	}
	return slices.DeleteFunc(slices.Clone(c.target.Balancers), func(a resolver.Address) bool {
		return slices.ContainsFunc(c.tried, func(t resolver.Address) bool { return sameAddress(a, t) })
	})
}

// reach returns the balancers for the next channel: of those that are left, the ones
// with the route of the first.
func (c *core) reach() []resolver.Address { return c.along(c.route(c.untried()[0])) }

// along returns the balancers that are left and have this route.
func (c *core) along(r route) []resolver.Address {
	return slices.DeleteFunc(slices.Clone(c.untried()), func(a resolver.Address) bool { return c.route(a) != r })
}

func (c *core) route(a resolver.Address) route {
	if c.routeOf == nil {
		return ""
	}
	return c.routeOf(a)
}

// withoutList returns the balancers that sent no list on the present stream. A stream
// that could not be opened has tried all balancers of the channel. An open one is with
// the balancer at the address from. If the channel has no such address (because of a
// dialer, a proxy, or a name in place of an IP), it is taken to be the first of
// the channel. If that is wrong, a balancer is asked twice in this round, and the round
// ends nevertheless. If the target has changed since, from may be a balancer of the
// old target; then the result is empty.
func (c *core) withoutList(from string) []resolver.Address {
	if c.phase == opening {
		return c.given
	}
	i := slices.IndexFunc(c.given, func(a resolver.Address) bool { return a.Addr == from })
	switch {
	case i >= 0:
		return c.given[i : i+1]
	case c.moved:
		return nil
	default:
		return c.given[:1]
	}
}

// partial reports whether the channel has only some balancers of the target. Then it
// is not kept for the next round, which begins with the first balancer.
func (c *core) partial() bool { return len(c.given) < len(c.target.Balancers) }

// several reports whether there is more than one balancer to ask.
func (c *core) several() bool {
	all := c.target.Balancers
	return slices.ContainsFunc(all, func(a resolver.Address) bool { return !sameAddress(a, all[0]) })
}
