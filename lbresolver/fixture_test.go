package lbresolver

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/balancer/grpclb/state"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// A channel takes the place of gRPC: it notes what it is told.
type channel struct {
	resolver.ClientConn // nil: gRPC wants it embedded, and what is used is below

	told    chan told
	answers chan error // for UpdateState, one after the other; none means nil
}

// A told is something that the channel was told.
type told struct {
	at    time.Time
	state resolver.State
	err   error
}

func newChannel(answers ...error) *channel {
	c := &channel{told: make(chan told, 1000), answers: make(chan error, len(answers))}
	for _, err := range answers {
		c.answers <- err
	}
	return c
}

func (c *channel) UpdateState(s resolver.State) error {
	c.told <- told{at: time.Now(), state: s}
	select {
	case err := <-c.answers:
		return err
	default:
		return nil
	}
}

func (c *channel) ReportError(err error) { c.told <- told{at: time.Now(), err: err} }

// A config is a service config that is only a text.
type config struct {
	serviceconfig.Config // nil: it has no method that anybody could call
	text                 string
}

func (c *channel) ParseServiceConfig(text string) *serviceconfig.ParseResult {
	return &serviceconfig.ParseResult{Config: config{text: text}}
}

// String puts it in words: "balancers 10.0.0.1:80 as a, … | addresses
// 10.0.1.1:443, … | config …", each part only if it is there.
func (t told) String() string {
	if t.err != nil {
		return "error " + t.err.Error()
	}
	var parts []string
	var balancers []string
	for _, b := range balancersOf(t.state) {
		balancers = append(balancers, b.Addr+" as "+b.ServerName)
	}
	if len(balancers) > 0 {
		parts = append(parts, "balancers "+strings.Join(balancers, ", "))
	}
	var addresses []string
	for _, e := range t.state.Endpoints {
		addresses = append(addresses, e.Addresses[0].Addr)
	}
	if len(t.state.Endpoints) == 0 { // before v1.79.0 gRPC's DNS resolver has none
		for _, a := range t.state.Addresses {
			addresses = append(addresses, a.Addr)
		}
	}
	if len(addresses) > 0 {
		parts = append(parts, "addresses "+strings.Join(addresses, ", "))
	}
	if r := t.state.ServiceConfig; r != nil {
		parts = append(parts, "config "+r.Config.(config).text)
	}
	return strings.Join(parts, " | ")
}

// ours is how a told ends whose config is the resolver's own.
const ours = ` | config ` + ownText

// ownText is the service config that the resolver gives of its own.
const ownText = `{"loadBalancingConfig":[{"grpclb":{}}]}`

// next waits for what the channel is told next.
func (c *channel) next(t testing.TB) told {
	t.Helper()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	select {
	case got := <-c.told:
		return got
	case <-limit.C:
		t.Fatal("the channel was told nothing for 10 s")
		return told{}
	}
}

// expect fails the test unless that is what the channel is told next.
func (c *channel) expect(t testing.TB, want string) {
	t.Helper()
	if got := c.next(t).String(); got != want {
		t.Fatalf("the channel was told\n%s\nwant\n%s", got, want)
	}
}

// expectSet is expect for balancers of equal standing, of which each channel has
// an order of its own: what is wanted has them in the order of their addresses.
func (c *channel) expectSet(t testing.TB, want string) {
	t.Helper()
	got := c.next(t)
	slices.SortFunc(balancersOf(got.state), func(a, b resolver.Address) int { return strings.Compare(a.Addr, b.Addr) })
	if got.String() != want {
		t.Fatalf("the channel was told\n%s\nwant\n%s", got, want)
	}
}

// await waits until the channel is told that, whatever comes before.
func (c *channel) await(t testing.TB, want string) {
	t.Helper()
	for c.next(t).String() != want {
	}
}

// quick is for tests that have something looked up again over real sockets.
var quick = []Option{
	WithMinInterval(time.Millisecond),
	WithBackoff(backoff.Config{BaseDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond, Multiplier: 1.6}),
}

// startDNS starts a DNS server and stops it when the test ends.
func startDNS(t testing.TB) *dnstest.Server {
	t.Helper()
	s, err := dnstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// at adds the parameter that names the DNS server.
func at(text string, s *dnstest.Server) string {
	separator := "?"
	if strings.Contains(text, "?") {
		separator = "&"
	}
	return text + separator + "dns=" + s.Addr()
}

// resolve starts a resolver for a target, asking that DNS server.
func resolve(t testing.TB, text string, s *dnstest.Server, options ...Option) (*channel, resolver.Resolver) {
	t.Helper()
	c := newChannel()
	r, err := NewBuilder(options...).Build(targetOf(t, at(text, s)), c, resolver.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return c, r
}

func targetOf(t testing.TB, text string) resolver.Target {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(fmt.Errorf("no URL: %w", err))
	}
	return resolver.Target{URL: *u}
}

// balancersOf returns the balancers in a state.
func balancersOf(s resolver.State) []resolver.Address {
	if b := state.Get(s); b != nil {
		return b.BalancerAddresses
	}
	return nil
}
