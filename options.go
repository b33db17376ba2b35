package grpclb

import (
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
)

// An Option changes a Builder that NewBuilder makes.
type Option interface{ apply(*Builder) }

// NewBuilder returns a builder of one's own, to be registered with
// balancer.Register. Without options it is like the one that importing this
// package registers.
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

// WithName registers the policy under another name than "grpclb". gRPC wants
// names in lower case.
func WithName(name string) Option { return nameOption(name) }

type dialOption []grpc.DialOption

func (d dialOption) apply(b *Builder) { b.dial = append(b.dial, d...) }

// WithBalancerDialOptions adds options for the channel to the balancer. They
// come after those taken from the parent channel (credentials, dialer, authority,
// user agent; gRPC shows a policy nothing else) and after the configured keepalive,
// and replace either. Credentials are replaced by
// grpc.WithTransportCredentials; with a bundle besides, gRPC refuses to dial.
func WithBalancerDialOptions(options ...grpc.DialOption) Option { return dialOption(options) }

// balancerDialOptions returns the options for the channel to the balancer: what
// the parent channel has, then what the builder was given. With no credentials
// for it there is no option for them, and gRPC refuses to dial: a balancer is
// never talked to in plain text because nothing was said about it.
func (b *Builder) balancerDialOptions(o balancer.BuildOptions) []grpc.DialOption {
	options := []grpc.DialOption{grpc.WithChannelzParentID(o.ChannelzParent)}
	if creds := balancerCreds(o); creds != nil {
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

// ownAgent returns what a user put into a user agent. gRPC appends its own name
// to that, and would append it again.
func ownAgent(agent string) string {
	return strings.TrimSpace(strings.TrimSuffix(agent, "grpc-go/"+grpc.Version))
}
