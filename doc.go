// Package grpclb is the lookaside load-balancing policy of gRPC: an external
// balancer tells each client which backends to use, and the client's channel
// picks among them. Importing the package registers it:
//
//	import _ "github.com/actorlb/grpclb"
//
//	cc, err := grpc.NewClient(target, creds,
//		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"grpclb":{}}]}`))
//
// The balancers' addresses come from the resolver, in the attribute that
// google.golang.org/grpc/balancer/grpclb/state sets; the addresses it finds
// besides are the ones to fall back to. The protocol is grpc.lb.v1
// (load_balancer.proto), the workflow that of load-balancing.md in the gRPC
// documents. [NewBuilder] makes a builder of one's own, for another name or
// other defaults; [Config] has the fields of the service config.
//
// # What it does
//
// It keeps one call open to the balancer and takes server lists from it. Calls
// go round the list in its order: an address listed twice gets twice the calls,
// each entry sends its own token, and drop entries drop their share. A new list
// takes over when its first backend is READY; calls in flight on the old one
// are not disturbed, and a backend in both keeps its connection. While there is
// no list, calls wait. If none comes within 10 s, or the balancer can't be
// reached or asks for it, calls go to the fallback addresses until a list comes.
//
// # Layers
//
//	balancer.go   the handle that gRPC holds: it only posts messages
//	policy.go     the loop that decides, around the machine of mode.go
//	lbstream      owns the call to the balancer, and apart from it the retry timer
//	rrgroup       owns SubConns, generations and the published picker
//	pending       owns the queue of calls that wait
//	tokens        a server list, checked
//	actor         what the loops are made of
//
// Each of the four owners is one goroutine, with its state in its local
// variables. They tell each other things in typed messages. No lock is held
// anywhere; the only memory that goroutines share while it changes is the
// atomic counters that picks go by.
//
// # Laws
//
//   - A picker is published before anything that it no longer names is closed.
//   - Pick and Done take no lock, send no message and allocate nothing.
//   - The goroutines of a channel are the same few however many backends it has:
//     the policy's, the stream's, the retry timer's, the group's, the pending
//     calls', and two while a call to the balancer is open.
//   - Nothing a balancer sends makes the client panic, dial what is no address,
//     or fail calls to backends that are healthy.
//   - Close returns when all of it has ended.
//
// # Load reports
//
// If the balancer asks for them, it is told at its interval how many calls were
// started, finished, never sent, answered, and dropped under which token, by the
// lists of its present call. Added up, the reports of a call are exact: started
// is finished plus in flight. Calls to fallback backends are not in them.
//
// # Child policies
//
// By default the backends take turns. Any registered policy can pick instead,
// see [Config]; it is given each address of the list once. Tokens, drops, counts
// and references of calls in flight are put around what it picks, and where a
// listed address has several entries its calls take their tokens in turn. It can
// read a backend's token with [Token]. It keeps its connections where it can, and
// is not left idle: what it says it would connect on the next call, it is told to
// connect at once.
//
// # Security
//
// A balancer is authenticated as the ServerName of its address, or else as the
// channel's authority, with the channel's transport credentials. Per-call
// credentials never reach it. A backend of a server list is authenticated as the
// channel's authority, like any other; a list can't change that. A token is sent
// as it came if it is printable ASCII of at most 1 KiB, and is empty otherwise.
package grpclb
