package hosted

import "google.golang.org/grpc/balancer"

// A lease is one use of a producer by a child. When a SubConn is shut down, gRPC closes its
// producers. A child may shut down its connection while the SubConn stays, because others
// use it or it lingers. Then the minder gives back the producers that the child got over
// that connection.
type lease struct {
	conn   *Conn
	giveUp func() // may be called more than once
}

// leases are the leases of one child that were not given back, by connection. The minder
// owns them.
type leases map[*Conn]map[*lease]struct{}

func (all leases) add(l *lease) {
	if all[l.conn] == nil {
		all[l.conn] = map[*lease]struct{}{}
	}
	all[l.conn][l] = struct{}{}
}

func (all leases) remove(l *lease) {
	delete(all[l.conn], l)
	if len(all[l.conn]) == 0 {
		delete(all, l.conn)
	}
}

// forget removes the leases of a connection without giving them back.
func (all leases) forget(c *Conn) { delete(all, c) }

// end gives back the leases of a connection.
func (all leases) end(c *Conn) {
	of := all[c]
	delete(all, c)
	for l := range of {
		l.giveUp()
	}
}

func (all leases) endAll() {
	for c := range all {
		all.end(c)
	}
}

// GetOrBuildProducer returns a producer of gRPC's SubConn, which all users of the SubConn
// share. The SubConn need not be READY; the producer opens no stream before it is.
func (c *Conn) GetOrBuildProducer(b balancer.ProducerBuilder) (balancer.Producer, func()) {
	p, giveUp := c.sc.GetOrBuildProducer(b)
	l := &lease{conn: c, giveUp: giveUp}
	c.by.orders.Send(leased{l})
	return p, func() {
		giveUp()
		c.by.orders.Send(returned{l})
	}
}
