// Package dropin takes the name "grpclb" over from grpc-go's own policy in
// programs that import that one, whatever the order of the imports:
//
//	import _ "github.com/actorlb/grpclb/dropin"
//
// # When to use it
//
// Use it in the place of github.com/actorlb/grpclb in two cases. Something in
// the program, a dependency maybe, imports google.golang.org/grpc/balancer/grpclb:
// both packages then register the same name, the one that Go initialises last
// wins, and without dropin that is grpc-go's. Or the program has lived on the SRV
// look-ups that grpc-go's package switches on: a target "dns:///service:443" goes
// on finding its balancers in the records of _grpclb._tcp.service.
//
// A main package is the place for it. A library should leave the choice to the
// programs that use it.
//
// # What it costs
//
// SRV look-ups are a switch of the whole process, which can't be turned off again:
// each dns target of each channel is looked up for balancers too, whatever policy
// it uses. That is one DNS query more each time, for a name that mostly does not
// exist, and resolving waits for the answer. A program in which nobody imports
// grpc-go's package does without: with github.com/actorlb/grpclb/lbresolver and
// the target "grpclb:///service:443", only that target is looked up.
//
// grpc-go's policy is linked in, some 100 kB, and is not used.
//
// # How it works
//
// Go initialises a package after all that it imports. This one imports both, so
// by the time of its own init each has registered and SRV look-ups are on, and the
// name can be put right. Of builders with one name gRPC takes the last one: a
// builder of the program's own that is to have it, as of [grpclb.NewBuilder], is
// registered in package main, or in a package that imports this one.
package dropin

import (
	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/grpclb" // switches SRV look-ups on, and registers before us

	"github.com/actorlb/grpclb"
)

func init() { balancer.Register(grpclb.NewBuilder()) }
