package lbresolver

import (
	"context"
	"net"
)

// A dial is how a net.Resolver reaches a DNS server.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// namesFor returns what looks up names: at the DNS server at this address, or
// the builder's if it is empty.
func (b *Builder) namesFor(server string) names {
	if server != "" {
		return &net.Resolver{PreferGo: true, Dial: prompt(toServer(server))}
	}
	system := b.system
	if system == nil {
		system = net.DefaultResolver
	}
	return &net.Resolver{PreferGo: system.PreferGo, StrictErrors: system.StrictErrors, Dial: prompt(dialOf(system))}
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

// prompt closes connections when their context is done. By itself Go's resolver
// heeds the deadline of its context, but goes on reading for up to 5 s when it is
// cancelled, and Close would wait for that. The connection itself is returned,
// not one around it: the resolver has to see whether it is one for packets.
func prompt(d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d(ctx, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
}
