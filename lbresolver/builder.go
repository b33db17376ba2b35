package lbresolver

import (
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/delay"
	"github.com/actorlb/grpclb/internal/diary"
)

// Scheme is the scheme that the package registers its resolver for.
const Scheme = "grpclb"

func init() { resolver.Register(NewBuilder()) }

// A Builder makes a resolver for each channel that dials a target of its scheme. It is a
// resolver.Builder. Its resolvers share nothing that changes.
type Builder struct {
	scheme  string
	figures figures
	system  *net.Resolver // nil: net.DefaultResolver
	config  string        // the user's service config
}

// NewBuilder returns a builder for grpc.WithResolvers or resolver.Register. Without options
// it is like the builder that importing the package registers.
func NewBuilder(options ...Option) *Builder {
	b := &Builder{scheme: Scheme, figures: defaults, config: "{}"}
	for _, o := range options {
		o.apply(b)
	}
	return b
}

// Scheme returns the scheme of the targets that the builder is for.
func (b *Builder) Scheme() string { return b.scheme }

// Build starts a resolver for the channel cc. gRPC calls it. For a malformed target it returns
// an error that says what is wrong.
func (b *Builder) Build(t resolver.Target, cc resolver.ClientConn, o resolver.BuildOptions) (resolver.Resolver, error) {
	parsed, err := parse(t.URL)
	if err != nil {
		return nil, err
	}
	own, err := b.ownConfig(parsed, cc, o)
	if err != nil {
		return nil, err
	}
	s := setup{target: parsed, figures: b.figures, seed: seed(rand.Uint64()), own: own, log: diary.For(t, nil)}
	if parsed.refresh > 0 {
		s.figures.refresh = parsed.refresh
	}
	network := b.networkFor(parsed.dns)
	s.names, s.texts = network, network
	return start(s, cc), nil
}

// ownConfig returns the service config to use while DNS has none; nil: none is given.
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

// WithScheme sets another scheme than "grpclb". gRPC wants schemes in lower case.
func WithScheme(scheme string) Option { return schemeOption(scheme) }

type intervalOption time.Duration

func (i intervalOption) apply(b *Builder) { b.figures.interval = max(0, time.Duration(i)) }

// WithMinInterval sets the shortest time between a look-up that succeeded and the next one that
// the channel asks for. It applies to balancers, the service's addresses and its service
// config separately. Default 30 s. With zero or less, a look-up begins whenever the channel asks.
// dns.SetMinResolutionInterval has no effect here.
func WithMinInterval(d time.Duration) Option { return intervalOption(d) }

type refreshOption time.Duration

func (r refreshOption) apply(b *Builder) { b.figures.refresh = max(0, time.Duration(r)) }

// WithRefresh repeats look-ups that succeeded every d, ±20 %, even if the channel does not ask,
// so that new balancers are found while nothing fails. d may be less than the minimum interval;
// less than a second is a second. Default, and for zero or less: never. The parameter
// refresh of a target has precedence.
func WithRefresh(d time.Duration) Option {
	if d > 0 {
		d = max(d, minRefresh)
	}
	return refreshOption(d)
}

type configOption string

func (c configOption) apply(b *Builder) { b.config = string(c) }

// WithServiceConfig sets the service config, in JSON, for services that have none in DNS. If it
// selects no policy, this one is added to it. It may have settings of this policy:
//
//	{"loadBalancingConfig":[{"grpclb":{"childPolicy":[{"pick_first":{}}]}}],
//	 "methodConfig":[{"name":[{}],"timeout":"5s"}]}
//
// If gRPC does not understand it, calls of the channel fail with the reason. Default: {}.
func WithServiceConfig(json string) Option { return configOption(json) }

type backoffOption backoff.Config

func (o backoffOption) apply(b *Builder) {
	b.figures.backoff = delay.Valid(backoff.Config(o), b.figures.backoff)
}

// WithBackoff sets how long to wait before a failed look-up is repeated, or before an update that
// the channel refused is sent again. Default 1 s, growing by 1.6 to at most 120 s, ±20 %. A figure
// out of range keeps its default: a delay that is not positive, a Multiplier under 1, a Jitter
// outside 0 to 1.
func WithBackoff(c backoff.Config) Option { return backoffOption(c) }

type keepOption time.Duration

func (k keepOption) apply(b *Builder) { b.figures.keep = max(0, time.Duration(k)) }

// WithKeep sets how long known addresses are kept while look-ups fail, counted from the first
// failure. Default 24 h; with zero or less they are dropped at the first failure. It applies
// separately to SRV records and to the IPv4 and the IPv6 addresses of each name. The answer that
// there are none is not a failure. A service config is kept until DNS has another one.
func WithKeep(d time.Duration) Option { return keepOption(d) }

type resolverOption struct{ *net.Resolver }

func (r resolverOption) apply(b *Builder) { b.system = r.Resolver }

// WithNetResolver sets the resolver for targets that name no DNS server. Default, and for nil,
// net.DefaultResolver. Only the fields of r (Dial, PreferGo, StrictErrors) are used, in new
// resolvers.
func WithNetResolver(r *net.Resolver) Option { return resolverOption{r} }
