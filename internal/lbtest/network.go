package lbtest

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// A Network is where balancers and backends listen and channels dial.
type Network interface {
	// Listen listens on addr, an "ip:port", or on one that nobody had before
	// if addr is empty. An address in use is an error.
	Listen(addr string) (net.Listener, error)

	// Dial connects to whoever listens on addr. Where nobody does, it fails at
	// once, as a closed port does. It can be given to grpc.WithContextDialer.
	Dial(ctx context.Context, addr string) (net.Conn, error)

	// Dials returns when addr was dialled, with or without success, oldest first.
	Dials(addr string) []time.Time

	// Cut breaks every connection to addr: data in flight is lost, and both ends get an error at
	// once. New connections can be made.
	Cut(addr string)

	// Freeze makes the open connections to addr lose all that either end writes, without an error.
	// New connections can be made.
	Freeze(addr string)

	// Blackhole makes dials to addr hang until their context is done, while on is true. A dial
	// that hangs goes on hanging when on is false again. Open connections stay open.
	Blackhole(addr string, on bool)
}

// A network adds the bookkeeping that both kinds have in common to the wire
// that makes connections.
type network struct {
	wire  wire
	state shared[ledger]
}

// A wire makes the connections of a network.
type wire interface {
	listen(addr string) (net.Listener, error)
	dial(ctx context.Context, addr string) (net.Conn, error)
	abort(c net.Conn) // c is one of its own: breaks it, discarding data
}

// The maps of a ledger have the address that was listened on as their key.
type ledger struct {
	dials map[string][]time.Time
	dark  map[string]bool
	ends  map[string]map[*end]struct{} // both ends of every open connection
}

func newNetwork(w wire) *network {
	return &network{wire: w, state: share(ledger{
		dials: make(map[string][]time.Time),
		dark:  make(map[string]bool),
		ends:  make(map[string]map[*end]struct{}),
	})}
}

func (n *network) Listen(addr string) (net.Listener, error) {
	l, err := n.wire.listen(addr)
	if err != nil {
		return nil, err
	}
	return &listener{l, n}, nil
}

func (n *network) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var dark bool
	n.state.update(func(l *ledger) {
		l.dials[addr] = append(l.dials[addr], time.Now())
		dark = l.dark[addr]
	})
	if dark {
		<-ctx.Done()
		return nil, dialError(addr, ctx.Err())
	}
	c, err := n.wire.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return n.track(addr, c), nil
}

func (n *network) Dials(addr string) (times []time.Time) {
	n.state.view(func(l *ledger) { times = slices.Clone(l.dials[addr]) })
	return times
}

func (n *network) Cut(addr string) {
	var ends []*end
	n.state.view(func(l *ledger) { ends = slices.Collect(maps.Keys(l.ends[addr])) })
	for _, e := range ends {
		n.wire.abort(e.Conn)
		e.forget()
	}
}

func (n *network) Freeze(addr string) {
	n.state.view(func(l *ledger) {
		for e := range l.ends[addr] {
			e.frozen.Store(true)
		}
	})
}

func (n *network) Blackhole(addr string, on bool) {
	n.state.update(func(l *ledger) { l.dark[addr] = on })
}

// track enters one end of a connection to addr in the ledger.
func (n *network) track(addr string, c net.Conn) net.Conn {
	e := &end{Conn: c, network: n, addr: addr}
	n.state.update(func(l *ledger) {
		if l.ends[addr] == nil {
			l.ends[addr] = make(map[*end]struct{})
		}
		l.ends[addr][e] = struct{}{}
	})
	return e
}

// A listener tracks what it accepts.
type listener struct {
	net.Listener
	network *network
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.network.track(l.Addr().String(), c), nil
}

// An end is one end of a connection; it leaves the ledger when it is closed.
type end struct {
	net.Conn
	network *network
	addr    string // the one listened on
	frozen  atomic.Bool
}

func (e *end) Write(b []byte) (int, error) {
	if e.frozen.Load() {
		return len(b), nil
	}
	return e.Conn.Write(b)
}

func (e *end) Close() error {
	e.forget()
	return e.Conn.Close()
}

func (e *end) forget() {
	e.network.state.update(func(l *ledger) { delete(l.ends[e.addr], e) })
}

// dialError wraps err as package net does.
func dialError(addr string, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: address(addr), Err: err}
}

// An address is an "ip:port" of either kind of network.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }
