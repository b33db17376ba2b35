package grpclb_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
)

// A nilPicker is a policy that has no picker.
type nilPicker struct {
	name  string
	state connectivity.State
}

func init() {
	balancer.Register(nilPicker{"tests_nil_connecting", connectivity.Connecting})
	balancer.Register(nilPicker{"tests_nil_idle", connectivity.Idle})
}

func (p nilPicker) Name() string { return p.name }

func (p nilPicker) Build(cc balancer.ClientConn, _ balancer.BuildOptions) balancer.Balancer {
	return nilPicking{cc: cc, state: p.state}
}

type nilPicking struct {
	puppet
	cc    balancer.ClientConn
	state connectivity.State
}

func (p nilPicking) UpdateClientConnState(balancer.ClientConnState) error {
	p.cc.UpdateState(balancer.State{ConnectivityState: p.state})
	return nil
}

// Calls wait for a picker, whatever state there is without one.
func TestState_ChildContract_NilPicker(t *testing.T) {
	for _, name := range []string{"tests_nil_connecting", "tests_nil_idle"} {
		for _, policy := range []string{`{"` + name + `":{}}`, `{"grpclb":{"childPolicy":[{"` + name + `":{}}]}}`} {
			t.Run(policy, func(t *testing.T) {
				inBubble(t, "", func(w *world) {
					w.resolveTo(nil, w.backends(1)...)
					w.waits()
					w.pause(time.Minute)
					w.waits()
				}, grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[`+policy+`]}`))
			})
		}
	}
}
