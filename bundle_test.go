package grpclb_test

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// A bundle of credentials has others for each of its modes.
type bundle struct {
	transport credentials.TransportCredentials
	secret    secret
	modes     map[string]credentials.Bundle
	err       error // for a mode it does not have; without it, nil says that
}

func (b *bundle) TransportCredentials() credentials.TransportCredentials { return b.transport }

func (b *bundle) PerRPCCredentials() credentials.PerRPCCredentials { return b.secret }

func (b *bundle) NewWithMode(mode string) (credentials.Bundle, error) {
	if m, ok := b.modes[mode]; ok {
		return m, nil
	}
	return nil, b.err
}

// The modes, as gRPC names them, that a channel with a balancer is about.
const (
	balancerMode = "balancer"
	backendMode  = "backend-from-balancer"
)

// dial returns the options for a channel that has b for credentials.
func (b *bundle) dial() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(nil), // lbtest's, which gRPC won't have besides
		grpc.WithCredentialsBundle(b),
	}
}

// twoModes returns a bundle with the credentials of each mode.
func twoModes(lb, backend, dial credentials.TransportCredentials) *bundle {
	return &bundle{transport: dial, modes: map[string]credentials.Bundle{
		balancerMode: &bundle{transport: lb},
		backendMode:  &bundle{transport: backend},
	}}
}

// waysWithout are the ways for a bundle not to have a mode, and what calls say
// of them.
var waysWithout = map[string]string{
	"no such mode":             "has no mode ",
	"an error":                 "out of credentials",
	"no transport credentials": "has no transport credentials",
}

// without returns a bundle that has one mode in this way not.
func without(mode, way string, creds credentials.TransportCredentials) *bundle {
	b := twoModes(creds, creds, creds)
	switch way {
	case "no such mode":
		delete(b.modes, mode)
	case "an error":
		delete(b.modes, mode)
		b.err = errors.New("out of credentials")
	case "no transport credentials":
		b.modes[mode] = &bundle{secret: "for nobody to be told"}
	}
	return b
}

// A secret is a credential that goes with each call.
type secret string

// secretKey is the metadata that secrets are sent in.
const secretKey = "secret"

func (s secret) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{secretKey: string(s)}, nil
}

func (s secret) RequireTransportSecurity() bool { return true }
