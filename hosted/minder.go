package hosted

import (
	"context"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
)

// A minder is the goroutine that owns a child policy. Nobody else calls the child, as
// nobody but gRPC's serializer calls a channel's policy. The minder waits for the group
// when the child makes a connection. Only Close waits for the minder.
type minder struct {
	// Fixed after the start.
	instance *Instance
	cc       balancer.ClientConn
	build    balancer.BuildOptions
	inbox    Inbox // minder → group

	// Owned by the loop.
	child   balancer.Balancer // made at its first update; nil if the builder made none
	tokens  liveTokens        // of the newest plan that the child was given
	leases  leases
	settled uint64 // number of the last order of the group that was carried out
	closed  bool
}

// newMinder returns the minder of an instance. Its run ends with the group of actors, or
// when it is told to.
func newMinder(s *Shell, in *Instance) *minder {
	return &minder{
		instance: in,
		cc:       &facade{ClientConn: s.Channel, instance: in, inbox: s.Inbox},
		build:    s.Build,
		inbox:    s.Inbox,
		leases:   leases{},
	}
}

func (k *minder) run(ctx context.Context) {
	defer k.end()
	for !k.closed {
		select {
		case <-ctx.Done():
			return
		case batch := <-k.instance.orders.Ready():
			k.handle(k.instance.orders.Open(batch))
		}
	}
}

// handle carries out a batch of orders, and then tells the group.
func (k *minder) handle(orders []Order) {
	before := k.settled
	for _, o := range orders {
		k.carryOut(o)
	}
	if k.settled != before && !k.closed {
		k.inbox.Send(Settled{k.instance, k.settled})
	}
}

// carryOut carries out one order. When the child is closed, only what it had is
// still shut down and given back.
func (k *minder) carryOut(o Order) {
	switch o := o.(type) {
	case leased:
		k.lease(o.lease)
		return
	case returned:
		k.leases.remove(o.lease)
		return
	case shut:
		o.sc.Shutdown()
		return
	}
	k.settled++
	if k.closed {
		return
	}
	switch o := o.(type) {
	case update:
		k.update(o.plan)
	case wake:
		if k.child != nil {
			k.child.ExitIdle()
		}
	case Report:
		k.tell(o.Conn, o.State)
	case reportHealth:
		o.conn.tellHealth(o.listener, o.state)
	case watchHealth:
		o.watch.begin(k.inbox)
	case End:
		k.close()
	default:
		panic("BUG: unknown order to the minder of a child policy")
	}
}

// update gives the child a plan. The first one makes it.
func (k *minder) update(plan *Plan) {
	child := plan.Child
	if k.child == nil {
		k.child = child.Builder.Build(k.cc, k.build)
	}
	if k.child == nil {
		k.cc.UpdateState(balancer.State{
			ConnectivityState: connectivity.TransientFailure,
			Picker:            base.NewErrPicker(errUnbuilt),
		})
		return
	}
	err := k.child.UpdateClientConnState(balancer.ClientConnState{
		ResolverState:  k.tokens.state(plan),
		BalancerConfig: child.Config,
	})
	if err != nil {
		k.inbox.Send(refusing(k.instance, err))
	}
}

// errUnbuilt is what calls fail with if a child could not be made.
var errUnbuilt = status.Error(codes.Internal, "grpclb: the builder of the child policy has built nothing")

// tell reports a state of one of its connections to the child. As in gRPC, the
// health reports and the producers of the state before end.
func (k *minder) tell(c *Conn, s balancer.SubConnState) {
	c.health.Store(nil)
	if s.ConnectivityState == connectivity.Shutdown {
		k.leases.end(c)
	} else {
		k.leases.forget(c) // gRPC has closed them
	}
	switch {
	case c.listener != nil:
		c.listener(s)
	case k.child != nil:
		//lint:ignore SA1019 gRPC still does this for a policy that names no listener
		k.child.UpdateSubConnState(c, s)
	}
}

// lease notes a producer that the child has got. If the child is closed already, the
// producer is given back at once.
func (k *minder) lease(l *lease) {
	k.leases.add(l)
	if k.closed {
		k.leases.end(l.conn)
	}
}

// close closes the child, and gives back the producers that it still has.
func (k *minder) close() {
	k.closed = true
	if k.child != nil {
		k.child.Close()
	}
	k.leases.endAll()
}

// end closes the child, if that was not done, and carries out the orders that are left.
func (k *minder) end() {
	if !k.closed {
		k.close()
	}
	k.handle(k.instance.orders.Close())
}
