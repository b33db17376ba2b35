package grpclb

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/internal/diary"
)

// An Option changes a Builder that NewBuilder makes.
type Option interface{ apply(*Builder) }

// NewBuilder returns a builder to register with balancer.Register. Without options it is
// like the builder that importing this package registers.
func NewBuilder(options ...Option) *Builder {
	b := &Builder{name: Name, defaults: DefaultConfig()}
	for _, o := range options {
		o.apply(b)
	}
	if b.refused != nil {
		logger.Errorf("the channels of policy %s will fail their calls: %v", b.name, b.refused)
	}
	return b
}

type nameOption string

func (n nameOption) apply(b *Builder) { b.name = string(n) }

// WithName sets another name than "grpclb". gRPC wants names in lower case.
func WithName(name string) Option { return nameOption(name) }

type dialOption []grpc.DialOption

func (d dialOption) apply(b *Builder) { b.dial = append(b.dial, d...) }

// WithBalancerDialOptions adds options for the channel to the balancer. They come last, so they
// replace what is taken from the channel (credentials, dialer, authority, user agent; gRPC shows a
// policy nothing else) and the configured keepalive. Replace credentials by
// grpc.WithTransportCredentials; with a bundle as well, gRPC refuses to dial.
func WithBalancerDialOptions(options ...grpc.DialOption) Option { return dialOption(options) }

// WithBalancerHeaders adds headers to each stream to the balancer, by which it can tell zones and
// clients apart: an lbserver has them in Client.Metadata, for its Classify. Keys and values take
// turns; an odd number of them panics. Keys are sent in lower case; those that begin with "grpc-"
// are gRPC's own and are not sent. Calls to backends do not get them. A balancer can't know that
// they are true: for what clients must not claim, use certificates.
func WithBalancerHeaders(pairs ...string) Option {
	_ = metadata.Pairs(pairs...) // which panics
	pairs = slices.Clone(pairs)
	return dialOption{grpc.WithChainStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn,
		method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		return open(metadata.AppendToOutgoingContext(ctx, pairs...), desc, cc, method, options...)
	})}
}

// balancerDialOptions returns the options for the channel to the balancer: what the channel has,
// then what the builder was given. Without credentials gRPC refuses to dial, so no stream to a
// balancer is opened in plain text by mistake.
func (b *Builder) balancerDialOptions(log diary.Log, o balancer.BuildOptions) []grpc.DialOption {
	options := []grpc.DialOption{grpc.WithChannelzParentID(o.ChannelzParent)}
	if creds := balancerCreds(log, o); creds != nil {
		options = append(options, grpc.WithTransportCredentials(creds))
	}
	if o.Dialer != nil {
		options = append(options, grpc.WithContextDialer(o.Dialer))
	}
	if agent := ownAgent(o.CustomUserAgent); agent != "" {
		options = append(options, grpc.WithUserAgent(agent))
	}
	return append(options, b.dial...)
}

// ownAgent returns the part of a user agent that the user has set. gRPC has appended its own name
// to it, and would append that again.
func ownAgent(agent string) string {
	return strings.TrimSpace(strings.TrimSuffix(agent, "grpc-go/"+grpc.Version))
}
