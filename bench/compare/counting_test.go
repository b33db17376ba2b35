package main

import (
	"encoding/json"
	"reflect"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/serviceconfig"
)

// counting is the policy under test, as the scenes' channels know it: the same
// in everything, but how often it publishes is counted.
type counting struct{ balancer.Builder }

// published is how many pickers were published so far, by all policies.
var published atomic.Int64

func (b counting) Build(cc balancer.ClientConn, o balancer.BuildOptions) balancer.Balancer {
	return b.Builder.Build(counted{cc}, o)
}

// ParseConfig is the policy's own. It is not optional here: both have one.
func (b counting) ParseConfig(text json.RawMessage) (serviceconfig.LoadBalancingConfig, error) {
	return b.Builder.(balancer.ConfigParser).ParseConfig(text)
}

type counted struct{ balancer.ClientConn }

func (c counted) UpdateState(s balancer.State) {
	published.Add(1)
	c.ClientConn.UpdateState(s)
}

// The policy that channels get is the one that the build was for.
func TestCounting_IsOfWhom(t *testing.T) {
	c, ok := balancer.Get("grpclb").(counting)
	if !ok {
		t.Fatalf("channels get a %T", balancer.Get("grpclb"))
	}
	if got := reflect.Indirect(reflect.ValueOf(c.Builder)).Type().PkgPath(); got != who {
		t.Errorf("the policy is that of %s, want that of %s", got, who)
	}
}
