package lbresolver

import (
	"net"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver"
)

// Scheme is the scheme under which the package registers its resolver.
const Scheme = "grpclb"

var logger = grpclog.Component("grpclb")

func init() { resolver.Register(NewBuilder()) }

// A Builder makes a resolver for each channel that dials a target of its
// scheme. It is a resolver.Builder, and holds no state that its resolvers share.
type Builder struct {
	scheme  string
	figures figures
	system  *net.Resolver // nil: net.DefaultResolver
}

// NewBuilder returns a builder of one's own, for grpc.WithResolvers or
// resolver.Register. Without options it is like the one that importing the
// package registers.
func NewBuilder(options ...Option) *Builder {
	b := &Builder{scheme: Scheme, figures: defaults}
	for _, o := range options {
		o.apply(b)
	}
	return b
}

// Scheme returns the scheme of the targets that the builder is for.
func (b *Builder) Scheme() string { return b.scheme }

// Build starts a resolver for the channel cc. A target that is malformed is an
// error that says what is wrong with it. gRPC calls it.
func (b *Builder) Build(t resolver.Target, cc resolver.ClientConn, o resolver.BuildOptions) (resolver.Resolver, error) {
	parsed, err := parse(t.URL)
	if err != nil {
		return nil, err
	}
	return start(setup{
		target:  parsed,
		figures: b.figures,
		names:   b.namesFor(parsed.dns),
		builder: resolver.Get("dns"),
	}, cc, o)
}

// An Option changes a Builder that NewBuilder makes.
type Option interface{ apply(*Builder) }

type schemeOption string

func (s schemeOption) apply(b *Builder) { b.scheme = string(s) }

// WithScheme has the builder used for targets of another scheme than "grpclb".
// gRPC wants schemes in lower case.
func WithScheme(scheme string) Option { return schemeOption(scheme) }

type intervalOption time.Duration

func (i intervalOption) apply(b *Builder) { b.figures.interval = max(0, time.Duration(i)) }

// WithMinInterval sets how long after a look-up for balancers has succeeded the
// next one may begin. Default 30 s; with zero or less, one begins whenever the
// channel asks. The service's own addresses are looked up at the interval of
// grpc-go's DNS resolver, which is one for the process
// (google.golang.org/grpc/resolver/dns.SetMinResolutionInterval).
func WithMinInterval(d time.Duration) Option { return intervalOption(d) }

type backoffOption backoff.Config

func (o backoffOption) apply(b *Builder) { b.figures = b.figures.withBackoff(backoff.Config(o)) }

// WithBackoff sets how long to wait before a look-up for balancers that has
// failed is repeated, and what the channel refused is told to it again. Default
// 1 s, growing by 1.6 to at most 120 s, ±20 %. A figure out of range keeps its
// default: a delay that is not positive, a Multiplier under 1, a Jitter outside
// 0 to 1.
func WithBackoff(c backoff.Config) Option { return backoffOption(c) }

type keepOption time.Duration

func (k keepOption) apply(b *Builder) { b.figures.keep = max(0, time.Duration(k)) }

// WithKeep sets how long the balancers known last are kept while look-ups fail,
// from the first failure on. Default 24 h; with zero or less they are given up
// at the first failure. An answer that there are none is no failure.
func WithKeep(d time.Duration) Option { return keepOption(d) }

type resolverOption struct{ *net.Resolver }

func (r resolverOption) apply(b *Builder) { b.system = r.Resolver }

// WithNetResolver sets what looks up SRV records and the addresses of balancers,
// where the target names no DNS server. Default, and for nil,
// net.DefaultResolver. The service's own addresses are looked up by grpc-go's
// DNS resolver, which always takes that; only the target's parameter dns is for
// both.
func WithNetResolver(r *net.Resolver) Option { return resolverOption{r} }
