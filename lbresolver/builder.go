package lbresolver

import (
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/delay"
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
	config  string        // the user's service config
}

// NewBuilder returns a builder of one's own, for grpc.WithResolvers or
// resolver.Register. Without options it is like the one that importing the
// package registers.
func NewBuilder(options ...Option) *Builder {
	b := &Builder{scheme: Scheme, figures: defaults, config: "{}"}
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
	own, err := b.ownConfig(parsed, cc, o)
	if err != nil {
		return nil, err
	}
	s := setup{target: parsed, figures: b.figures, seed: seed(rand.Uint64()), own: own}
	if parsed.refresh > 0 {
		s.figures.refresh = parsed.refresh
	}
	network := b.networkFor(parsed.dns)
	s.names, s.texts = network, network
	return start(s, cc), nil
}

// ownConfig returns the service config for want of one in DNS; nil if there is to
// be none at all.
func (b *Builder) ownConfig(t target, cc resolver.ClientConn, o resolver.BuildOptions) (*serviceConfig, error) {
	if !t.config || o.DisableServiceConfig {
		return nil, nil
	}
	text := withPolicy(b.config)
	own := &serviceConfig{text: text, parsed: cc.ParseServiceConfig(text), fixed: !wantsTXT()}
	if err := own.parsed.Err; err != nil {
		return nil, fmt.Errorf("lbresolver: the service config of the builder: %w", err)
	}
	return own, nil
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

// WithMinInterval sets the minimum time between a successful look-up and the next one
// that the channel asks for. It applies to balancers, the service's addresses and its
// service config separately. Default 30 s; with zero or less, one begins whenever the
// channel asks. The interval of gRPC's resolver for the scheme dns, which is one for
// the process, does not count here.
func WithMinInterval(d time.Duration) Option { return intervalOption(d) }

type refreshOption time.Duration

func (r refreshOption) apply(b *Builder) { b.figures.refresh = max(0, time.Duration(r)) }

// WithRefresh repeats successful look-ups after d, ±20 %, even if the channel does not
// ask, so that balancers that were added are found while nothing fails. It may be less
// than the minimal interval; less than a second is a second. Default, and for zero or
// less: never. A target's parameter refresh takes precedence.
func WithRefresh(d time.Duration) Option {
	if d > 0 {
		d = max(d, minRefresh)
	}
	return refreshOption(d)
}

type configOption string

func (c configOption) apply(b *Builder) { b.config = string(c) }

// WithServiceConfig gives the service config, in JSON, for services that have none
// in DNS. If it selects no policy, this one is added to it; settings of this policy
// can be written in it:
//
//	{"loadBalancingConfig":[{"grpclb":{"childPolicy":[{"pick_first":{}}]}}],
//	 "methodConfig":[{"name":[{}],"timeout":"5s"}]}
//
// One that gRPC does not understand fails the channel's calls, with what is wrong
// with it. Default: {}.
func WithServiceConfig(json string) Option { return configOption(json) }

type backoffOption backoff.Config

func (o backoffOption) apply(b *Builder) {
	b.figures.backoff = delay.Valid(backoff.Config(o), b.figures.backoff)
}

// WithBackoff sets how long to wait before a failed look-up is repeated, or before an
// update that the channel refused is sent again. Default
// 1 s, growing by 1.6 to at most 120 s, ±20 %. A figure out of range keeps its
// default: a delay that is not positive, a Multiplier under 1, a Jitter outside
// 0 to 1.
func WithBackoff(c backoff.Config) Option { return backoffOption(c) }

type keepOption time.Duration

func (k keepOption) apply(b *Builder) { b.figures.keep = max(0, time.Duration(k)) }

// WithKeep sets how long addresses that were known are kept while it can't be
// found out whether they still hold, from the first failure on. Default 24 h; with
// zero or less they are given up at the first failure. That applies to each by
// itself: to SRV records, and to each name's IPv4 and IPv6 addresses. An answer
// that there are none is no failure. A service config is kept until DNS has
// another.
func WithKeep(d time.Duration) Option { return keepOption(d) }

type resolverOption struct{ *net.Resolver }

func (r resolverOption) apply(b *Builder) { b.system = r.Resolver }

// WithNetResolver sets what looks names up where the target names no DNS server.
// Default, and for nil, net.DefaultResolver. Only r's fields (Dial, PreferGo,
// StrictErrors) are used, in new resolvers of the same kind.
func WithNetResolver(r *net.Resolver) Option { return resolverOption{r} }
