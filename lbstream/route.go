package lbstream

import (
	"net"
	"net/http"
	"net/url"

	"google.golang.org/grpc/resolver"
)

// A route says how a balancer is reached. "" means directly. Otherwise the balancer is reached
// through the proxy of the environment, and the route is the balancer's name.
//
// All addresses of a channel have one route, for two reasons. gRPC looks for a proxy by the
// name that a channel dials, so that must be the balancer's name. And gRPC drops the
// ServerName of an address that it reaches through a proxy, so the balancer has to be
// authenticated by the channel's authority.
type route string

// routeOf returns how a balancer is reached: through the proxy, if a target with its
// name would be. NO_PROXY applies to its name and to its address.
func (o *Options) routeOf(a resolver.Address) route {
	name := o.nameOf(a)
	if o.Direct || exempt(dialled(name, a)) || exempt(a.Addr) {
		return ""
	}
	return route(name)
}

// nameOf returns the name that a balancer is authenticated by.
func (o *Options) nameOf(a resolver.Address) string {
	if a.ServerName != "" {
		return a.ServerName
	}
	return o.Authority
}

// dialled returns the target for a balancer with this name. A name that is an authority
// may have a port already.
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
