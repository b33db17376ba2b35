package grpclb

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/credentials"
)

// Modes that a credentials bundle is switched to. grpc-go has these names in
// an internal package; bundles that know modes at all know them by these.
const (
	modeBalancer            = "balancer"
	modeBackendFromBalancer = "backend-from-balancer"
)

// balancerCreds returns the credentials for the channel to the balancer: those
// of the parent's bundle in its mode for that, or else the parent's own. It
// never returns what authenticates calls, which is for backends to see. A
// bundle that can't switch makes every connection fail, with the reason. With
// no credentials to go by it returns nil, and gRPC refuses to dial.
func balancerCreds(o balancer.BuildOptions) credentials.TransportCredentials {
	if o.CredsBundle == nil {
		return o.DialCreds
	}
	b, err := inMode(o.CredsBundle, modeBalancer)
	if err != nil {
		logger.Warningf("no balancer can be called: %v", err)
		return refused{err}
	}
	return nameless{b.TransportCredentials()}
}

// backendCreds returns the bundle for the backends of server lists; nil if the
// parent channel has none, so that they get what it dials with. If its bundle
// can't switch to the mode, connections to those backends fail with the
// reason. To let them have the bundle as it is would be to send credentials
// that the user keeps for other servers to whatever a balancer names, and gRPC
// takes a bundle without transport credentials to mean plain text.
func backendCreds(o balancer.BuildOptions) credentials.Bundle {
	if o.CredsBundle == nil {
		return nil
	}
	b, err := inMode(o.CredsBundle, modeBackendFromBalancer)
	if err != nil {
		logger.Warningf("no backend of a server list can be called: %v", err)
		return refused{err}
	}
	return b
}

// inMode switches a bundle to a mode. By its documentation a bundle says by
// nil, nil that it has no such mode; the transport credentials must be there.
func inMode(bundle credentials.Bundle, mode string) (credentials.Bundle, error) {
	b, err := bundle.NewWithMode(mode)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the channel's credentials bundle can't switch to mode %s: %w", mode, err)
	case b == nil:
		return nil, fmt.Errorf("the channel's credentials bundle has no mode %s", mode)
	case b.TransportCredentials() == nil:
		return nil, fmt.Errorf("the channel's credentials bundle has no transport credentials in mode %s", mode)
	}
	return b, nil
}

// nameless hides the server name that a bundle's credentials may carry. gRPC
// would make it the authority of the channel to the balancer, though that of
// the parent channel does not come from its bundle.
type nameless struct {
	credentials.TransportCredentials
}

// Info says of the credentials what gRPC has not deprecated.
func (n nameless) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: n.TransportCredentials.Info().SecurityProtocol}
}

// refused are the credentials, or the bundle, in the place of what there should
// be: each connection is closed before a byte is sent on it.
type refused struct{ because error }

var errClientOnly = errors.New("these credentials are for clients")

// ClientHandshake fails with the reason, which gRPC puts into the error of
// calls.
func (r refused) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, r.because
}

// ServerHandshake is called by nobody.
func (r refused) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errClientOnly
}

// Info names no protocol that gRPC knows.
func (r refused) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "refused"}
}

// Clone returns r, which is immutable.
func (r refused) Clone() credentials.TransportCredentials { return r }

// OverrideServerName does nothing: nobody is authenticated.
func (r refused) OverrideServerName(string) error { return nil }

// TransportCredentials returns r, which refuses connections.
func (r refused) TransportCredentials() credentials.TransportCredentials { return r }

// PerRPCCredentials returns none: there will be no calls.
func (r refused) PerRPCCredentials() credentials.PerRPCCredentials { return nil }

// NewWithMode returns r, which refuses connections in every mode.
func (r refused) NewWithMode(string) (credentials.Bundle, error) { return r, nil }
