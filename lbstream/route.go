package lbstream

import (
	"net"
	"net/http"
	"net/url"

	"google.golang.org/grpc/resolver"
)

// A route is how a balancer is reached. It is empty if that is directly. Else it is
// by the proxy of the environment, and the route is the name of the balancer.
//
// All addresses of a channel have one route. Whether there is a proxy gRPC asks by
// the name that a channel dials, so that has to be the balancer's. And on its way
// through a proxy an address loses its ServerName, so that the balancer has to be
// authenticated as the channel's authority.
type route string

// routeOf finds out how a balancer is reached: by the proxy where any target of its
// name would be. NO_PROXY counts for the name and for the address.
func (o Options) routeOf(a resolver.Address) route {
	name := o.nameOf(a)
	if o.Direct || exempt(dialled(name, a)) || exempt(a.Addr) {
		return ""
	}
	return route(name)
}

// nameOf returns the name that a balancer is authenticated by.
func (o Options) nameOf(a resolver.Address) string {
	if a.ServerName != "" {
		return a.ServerName
	}
	return o.Authority
}

// dialled returns what would be dialled if the balancer was a target of its own. The
// name may be an authority, which has a port of its own.
func dialled(name string, a resolver.Address) string {
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	_, port, err := net.SplitHostPort(a.Addr)
	if err != nil {
		return name
	}
	return net.JoinHostPort(name, port)
}

// exempt reports whether an address is dialled without a proxy. If the proxy
// variables are invalid, gRPC reports that when it dials.
func exempt(hostPort string) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: hostPort}})
	return err == nil && proxy == nil
}
