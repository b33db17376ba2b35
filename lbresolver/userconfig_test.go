package lbresolver_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/internal/dnstest"
	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbresolver"
)

// dialWith makes a channel whose builder was given a service config.
func (s *site) dialWith(config string, options ...grpc.DialOption) {
	s.Helper()
	s.dialTarget("grpclb:///"+s.service()+"?dns="+s.dns.Addr(),
		append(options, grpc.WithResolvers(lbresolver.NewBuilder(lbresolver.WithServiceConfig(config))))...)
}

// A config of methods is used beside this policy: here, calls have their time.
func TestResolve_UserConfig(t *testing.T) {
	s := newSite(t)
	s.dialWith(`{"methodConfig":[{"name":[{}],"timeout":"0.050s"}]}`)
	s.lb.Next() // and no list: calls wait
	if _, err := s.channel.Unary(t.Context(), grpc.WaitForReady(true)); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, want DEADLINE_EXCEEDED after the config's 50 ms", err)
	}
}

// The policy's own settings are kept.
func TestResolve_UserConfig_OfThePolicy(t *testing.T) {
	s := newSite(t)
	s.dialWith(`{"loadBalancingConfig":[{"grpclb":{"serviceName":"of the user","childPolicy":[{"pick_first":{}}]}}],
		"methodConfig":[{"name":[{}],"waitForReady":true}]}`)
	if name := s.balance(s.lb, "a").Name(); name != "of the user" {
		t.Errorf("the balancer was asked for %q", name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	// Not WaitForReady: that is the config's.
	if got, err := s.channel.Unary(ctx); err != nil || got != (lbtest.Answer{Backend: 1, Token: "a"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// One in DNS comes first, and gRPC's own way of turning them off counts for both.
func TestResolve_UserConfig_BesideOthers(t *testing.T) {
	of := func(name string) string { return `{"loadBalancingConfig":[{"grpclb":{"serviceName":"` + name + `"}}]}` }
	s := newSite(t)
	s.dns.Set("_grpc_config.shop.example.com", dnstest.TXT(`grpc_config=[{"serviceConfig":`+of("DNS")+`}]`))
	s.dialWith(of("the builder"))
	if name := s.lb.Next().Name(); name != "DNS" {
		t.Errorf("beside one in DNS, the balancer was asked for %q", name)
	}
	s = newSite(t)
	s.dialWith(of("the builder"), grpc.WithDisableServiceConfig(), grpc.WithDefaultServiceConfig(of("the channel")))
	if name := s.lb.Next().Name(); name != "the channel" {
		t.Errorf("with service configs disabled, the balancer was asked for %q", name)
	}
}

// A malformed one fails the calls, with what is wrong.
func TestResolve_UserConfig_Malformed(t *testing.T) {
	for config, want := range map[string]string{
		`{"methodConfig":`: "lbresolver: the service config of the builder: ",
		`{"loadBalancingConfig":[{"grpclb":{"childPolicy":7}}]}`: "childPolicy",
		`7`: "lbresolver: the service config of the builder: ",
	} {
		s := newSite(t)
		s.dialWith(config)
		if _, err := s.channel.Unary(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s in it", config, err, want)
		}
	}
}
