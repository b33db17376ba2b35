package lbstream

import (
	"slices"

	"google.golang.org/grpc/resolver"
)

// A round asks the balancers for a list, one after the other and in the order of
// the target. It is over when one has sent a list, or when all have been tried;
// then the backoff comes before the next round. While one of them is left to ask,
// a call that ends in vain is followed by the next one at once. With one balancer
// each call is a round.
//
// In a round the channel has the balancers that are left and are reached in the same
// way. Inside the channel pick_first may pass over any number of them that it can't
// connect to.

// untried returns the balancers that are left in this round.
func (c *core) untried() []resolver.Address {
	if len(c.tried) == 0 {
		return c.target.Balancers
	}
	return slices.DeleteFunc(slices.Clone(c.target.Balancers), func(a resolver.Address) bool {
		return slices.ContainsFunc(c.tried, func(t resolver.Address) bool { return sameAddress(a, t) })
	})
}

// reach returns the balancers that the next channel is for: those that are left and
// are reached as the first of them is.
func (c *core) reach() []resolver.Address { return c.along(c.route(c.untried()[0])) }

// along returns the balancers that are left and have a route.
func (c *core) along(r route) []resolver.Address {
	return slices.DeleteFunc(slices.Clone(c.untried()), func(a resolver.Address) bool { return c.route(a) != r })
}

func (c *core) route(a resolver.Address) route {
	if c.routeOf == nil {
		return ""
	}
	return c.routeOf(a)
}

// culprits returns the balancers that the present call has tried in vain. A call
// that could not be opened has tried all that the channel has. An open one is with
// the balancer at the address from. That may be an address that no balancer has
// in the target, because of a dialer, a proxy or a name in the place of an IP; then
// it is taken to be the first one of the channel. If that is wrong, the same
// balancer is asked once more in this round, and the round ends all the same. It
// may also be one that the target does not name any more; then it is none of them.
func (c *core) culprits(from string) []resolver.Address {
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

// partial reports whether the channel has only a part of the target. Such a one
// is not kept for the next round, which begins with the first balancer.
func (c *core) partial() bool { return len(c.given) < len(c.target.Balancers) }

// several reports whether there is more than one balancer to ask.
func (c *core) several() bool {
	all := c.target.Balancers
	return slices.ContainsFunc(all, func(a resolver.Address) bool { return !sameAddress(a, all[0]) })
}
