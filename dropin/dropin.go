// Package dropin takes the name "grpclb" over from grpc-go's own policy in
// programs that import that one, whatever the order of the imports:
//
//	import _ "github.com/actorlb/grpclb/dropin"
//
// # When to use it
//
// Import it instead of github.com/actorlb/grpclb in two cases:
//
//   - The program, or a dependency, imports google.golang.org/grpc/balancer/grpclb. Both
//     packages register the same name. The one that Go initialises last gets it; without dropin that
//     is grpc-go's.
//   - The program needs the SRV look-ups that grpc-go's package switches on: a target
//     "dns:///service:443" then finds its balancers in the records of _grpclb._tcp.service.
//
// Import it in package main. A library should leave the choice to programs.
//
// # What it costs
//
// SRV look-ups are switched on for the whole process, and can't be switched off: each dns target of
// each channel is also looked up for balancers, whatever its policy. That is one more DNS query each
// time, mostly for a name that does not exist, and resolving waits for the answer. If nothing imports
// grpc-go's package, use github.com/actorlb/grpclb/lbresolver and the target
// "grpclb:///service:443": then only that target is looked up.
//
// grpc-go's policy is linked in (some 100 kB), and is not used.
//
// # How it works
//
// Go initialises a package after its imports. This one imports both packages, so when its init runs,
// both have registered and SRV look-ups are on. It then registers the name again: for gRPC the last
// builder of a name counts. Register a builder of your own with this name, made by
// [grpclb.NewBuilder], in package main or in a package that imports this one.
package dropin

import (
	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/grpclb" // switches SRV look-ups on, and registers before us

	"github.com/actorlb/grpclb"
)

func init() { balancer.Register(grpclb.NewBuilder()) }
