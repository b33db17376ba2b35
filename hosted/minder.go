package hosted

import (
	"context"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
)

// A minder is the goroutine that owns a child policy. Only the minder calls the child, as only
// one goroutine of gRPC at a time calls a channel's policy. The minder waits for the group
// when the child makes a connection. Only the policy's Close waits for the minder.
type minder struct {
	// Fixed after the start.
	instance *Instance
	cc       balancer.ClientConn
	build    balancer.BuildOptions
	inbox    Inbox // minder → group

	// Owned by the loop.
	child   balancer.Balancer // built at the first update; nil if the builder returned nil
	tokens  liveTokens        // of the newest plan that the child was given
	leases  leases
	settled uint64 // how many orders with a number were carried out
	closed  bool
}

// newMinder returns the minder of an instance. Its run ends when the actors are stopped, or
// with the order End.
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

// handle carries out a batch of orders, and then sends Settled to the group.
func (k *minder) handle(orders []Order) {
	before := k.settled
	for _, o := range orders {
		k.carryOut(o)
	}
	if k.settled != before && !k.closed {
		k.inbox.Send(Settled{k.instance, k.settled})
	}
}

// carryOut carries out one order. After the child is closed, it only shuts down SubConns
// and gives back producers.
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

// update gives the child a plan. The first plan builds the child.
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

// errUnbuilt is the error of calls if the builder of a child returned nil.
var errUnbuilt = status.Error(codes.Internal, "grpclb: the builder of the child policy returned no policy")

// tell tells the child a state of one of its connections. As in gRPC, the connection's health
// listener is removed and its producers are closed.
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
		//lint:ignore SA1019 gRPC still calls this if the policy has set no StateListener
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

// end closes the child, unless it is closed already, and carries out the orders that are left.
func (k *minder) end() {
	if !k.closed {
		k.close()
	}
	k.handle(k.instance.orders.Close())
}
