package grpclb

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/credentials"

	"github.com/actorlb/grpclb/internal/diary"
)

// Modes of a credentials bundle. grpc-go defines these names in an internal package;
// bundles that have modes use them.
const (
	modeBalancer            = "balancer"
	modeBackendFromBalancer = "backend-from-balancer"
)

// balancerCreds returns the credentials for the channel to the balancer: those of the
// channel's bundle in mode "balancer", or the channel's own if it has no bundle. Per-call
// credentials are never among them. If the bundle can't switch, every connection
// fails with the reason. Without any credentials it returns nil, and gRPC refuses to dial.
func balancerCreds(log diary.Log, o balancer.BuildOptions) credentials.TransportCredentials {
	if o.CredsBundle == nil {
		return o.DialCreds
	}
	b, err := inMode(o.CredsBundle, modeBalancer)
	if err != nil {
		log.Write(diary.Warningf(aboutCreds, "no balancer can be called: %v", err))
		return refused{err}
	}
	return nameless{b.TransportCredentials()}
}

// backendCreds returns the bundle for the backends of server lists, or nil if the channel has
// none; then they get the credentials that the channel dials with. If the bundle can't switch to
// its mode, connections to these backends fail with the reason. To use the bundle as it is would
// send per-call credentials that are meant for other servers to any address a balancer names;
// and for gRPC a bundle without transport credentials means plain text.
func backendCreds(log diary.Log, o balancer.BuildOptions) credentials.Bundle {
	if o.CredsBundle == nil {
		return nil
	}
	b, err := inMode(o.CredsBundle, modeBackendFromBalancer)
	if err != nil {
		log.Write(diary.Warningf(aboutCreds, "no backend of a server list can be called: %v", err))
		return refused{err}
	}
	return b
}

// inMode switches a bundle to a mode. NewWithMode may return nil, nil if the bundle does not
// know the mode.
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

// nameless hides the server name of a bundle's credentials. gRPC would make it the authority
// of the channel to the balancer; the authority of the channel itself does not come
// from its bundle either.
type nameless struct {
	credentials.TransportCredentials
}

// Info returns the part of the info that gRPC has not deprecated.
func (n nameless) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: n.TransportCredentials.Info().SecurityProtocol}
}

// refused takes the place of credentials, or of a bundle, that could not be made: each
// connection is closed before a byte is sent on it.
type refused struct{ because error }

var errClientOnly = errors.New("these credentials are for clients")

// ClientHandshake fails with the reason, which appears in the errors of calls.
func (r refused) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, r.because
}

// ServerHandshake is never called.
func (r refused) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errClientOnly
}

// Info names a protocol that gRPC does not know.
func (r refused) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "refused"}
}

// Clone returns r, which does not change.
func (r refused) Clone() credentials.TransportCredentials { return r }

// OverrideServerName does nothing.
func (r refused) OverrideServerName(string) error { return nil }

// TransportCredentials returns r, which refuses connections.
func (r refused) TransportCredentials() credentials.TransportCredentials { return r }

// PerRPCCredentials returns nil: no call will be made.
func (r refused) PerRPCCredentials() credentials.PerRPCCredentials { return nil }

// NewWithMode returns r, which refuses connections in every mode.
func (r refused) NewWithMode(string) (credentials.Bundle, error) { return r, nil }
