package grpclb_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// Until a policy has heard anything of the resolver it says nothing: no state, no
// SubConn, no wish to resolve again. See outlier_detection, which is not ready
// before that. And when it is closed it says nothing any more.
func TestState_FirstWord(t *testing.T) {
	for name, hears := range map[string]func(balancer.Balancer) error{
		"an update": func(b balancer.Balancer) error {
			return b.UpdateClientConnState(balancer.ClientConnState{ResolverState: resolver.State{
				Addresses: []resolver.Address{{Addr: "10.0.0.1:80"}},
			}})
		},
		"an error": func(b balancer.Balancer) error { b.ResolverError(errors.New("no such host")); return nil },
		"an update with nothing": func(b balancer.Balancer) error {
			_ = b.UpdateClientConnState(balancer.ClientConnState{})
			return nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			parent := lbtest.NewParent(t)
			policy := grpclb.NewBuilder().Build(parent, lbtest.BuildOptions(lbtest.NewMemory()))
			words := func() int { return len(parent.Updates()) + len(parent.SubConns()) + parent.Resolves() }
			policy.ExitIdle()
			time.Sleep(time.Hour)
			same(t, name+": words before it", words(), 0)
			if err := hears(policy); err != nil {
				t.Error(err)
			}
			same(t, name+": it is answered before it returns", len(parent.Updates()) > 0, true)
			synctest.Wait()
			policy.Close()
			last := words()
			for _, sc := range parent.SubConns() {
				same(t, name+": SubConn is shut down", sc.Shut(), true)
			}
			_ = hears(policy)
			policy.ExitIdle()
			time.Sleep(time.Hour)
			same(t, name+": words after Close", words(), last)
		})
	}
}

// A policy that is closed before it has heard anything has said nothing.
func TestState_FirstWord_Never(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent := lbtest.NewParent(t)
		grpclb.NewBuilder().Build(parent, lbtest.BuildOptions(lbtest.NewMemory())).Close()
		same(t, "states", len(parent.Updates()), 0)
	})
}
