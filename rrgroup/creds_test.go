package rrgroup

import (
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/hosted"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// An address has one SubConn as a backend of a list and another as a fallback address,
// because their credentials may differ. That holds for the group's rotation and for
// children.
func TestSecure_BackendCreds(t *testing.T) {
	for name, child := range map[string]*hosted.Child{"own rotation": nil, "child": newTurning("turning").child()} {
		t.Run(name, func(t *testing.T) {
			bundle := insecure.NewBundle()
			credentialled(t, bundle, func(f *fixture) {
				plan := list("a a")
				plan.Child = child
				f.adopt(plan)
				want(t, "credentials for a list", f.bundle(1), bundle)
				plan = fallback("a")
				plan.Child = child
				f.adopt(plan)
				want(t, "credentials in fallback", f.bundle(2), nil)
				want(t, "address in fallback", f.SubConn(2).Address.Addr, address("a"))
				want(t, "SubConns", len(f.SubConns()), 2)
			})
		})
	}
}

// bundle returns the credentials that a SubConn was made with.
func (f *fixture) bundle(subConn int) credentials.Bundle {
	f.t.Helper()
	//lint:ignore SA1019 see makeSubConn
	return f.SubConn(subConn).Options.CredsBundle
}

// Without a bundle both have the channel's credentials.
func TestSecure_BackendCreds_None(t *testing.T) {
	credentialled(t, nil, func(f *fixture) {
		f.adopt(list("a"))
		want(t, "credentials for a list", f.bundle(1), nil)
	})
}

// credentialled is inBubble for a group with credentials for backends of lists.
func credentialled(t *testing.T, bundle credentials.Bundle, test func(*fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{Parent: lbtest.NewParent(t), t: t, actors: actor.NewGroup(), released: make(chan uint64, 1000)}
		f.group = Start(f.actors, Options{Parent: f, Gate: f, Queue: f, Settings: tenSeconds, BackendCreds: bundle})
		defer f.actors.Stop()
		test(f)
	})
}
