package lbresolver

import (
	"context"
	"errors"
	"net"
)

// A dial is how a net.Resolver reaches a DNS server.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// A network looks names up, by DNS or as the system does it. It does not change. Each look-up has a
// net.Resolver of its own, so that its DNS queries can be told from those of others.
type network struct {
	dial             dial
	preferGo, strict bool
}

// networkFor returns a network that uses the DNS server at this address, or the builder's resolver if
// the address is empty.
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

// resolver returns a net.Resolver for one look-up, which the watch observes.
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

// toServer dials one server, whatever address the resolver asks for.
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

// prompt closes a connection when its context is cancelled. Go's resolver itself heeds a deadline, but
// after a cancellation it reads on for up to 5 s, and Close would wait for that. At the deadline
// prompt does not close the connection, so that the error is a time-out.
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
