package lbresolver

import (
	"context"
	"errors"
	"net"
)

// A dial is how a net.Resolver reaches a DNS server.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// A network looks names up by DNS, or as the system does it. It is not changed
// any more. Each look-up has a net.Resolver of its own, so that what it came to
// can be told apart from what others came to.
type network struct {
	dial             dial
	preferGo, strict bool
}

// networkFor returns what looks up names: at the DNS server at this address, or
// the builder's if it is empty.
func (b *Builder) networkFor(server string) network {
	if server != "" {
		return network{dial: toServer(server), preferGo: true}
	}
	system := b.system
	if system == nil {
		system = net.DefaultResolver
	}
	return network{dialOf(system), system.PreferGo, system.StrictErrors}
}

// resolver returns one for a look-up that is watched.
func (n network) resolver(w watch) *net.Resolver {
	return &net.Resolver{PreferGo: n.preferGo, StrictErrors: n.strict, Dial: w.over(prompt(n.dial))}
}

func (n network) LookupHost(ctx context.Context, host string) ([]string, error) {
	w := newWatch()
	addresses, err := n.resolver(w).LookupHost(ctx, host)
	return addresses, w.verdict(host, err)
}

func (n network) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	w := newWatch()
	cname, records, err := n.resolver(w).LookupSRV(ctx, service, proto, name)
	return cname, records, w.verdict(name, err)
}

func (n network) LookupTXT(ctx context.Context, name string) ([]string, error) {
	w := newWatch()
	texts, err := n.resolver(w).LookupTXT(ctx, name)
	return texts, w.verdict(name, err)
}

// toServer dials one server, whichever the resolver means to ask.
func toServer(server string) dial {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server)
	}
}

func dialOf(r *net.Resolver) dial {
	if r.Dial != nil {
		return r.Dial
	}
	var d net.Dialer
	return d.DialContext
}

// prompt closes connections when their context is cancelled. By itself Go's
// resolver heeds the deadline of its context, but goes on reading for up to 5 s
// when it is cancelled, and Close would wait for that. At the deadline the
// connection is left alone: what the read ends with then is a time-out, which is
// the truth, and not that somebody closed the connection.
func prompt(d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d(ctx, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() {
				if errors.Is(ctx.Err(), context.Canceled) {
					_ = conn.Close()
				}
			})
		}
		return conn, err
	}
}
