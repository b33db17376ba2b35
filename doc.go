// Package grpclb is the lookaside load-balancing policy of gRPC: an external
// balancer tells each client which backends to use, and the client's channel
// picks among them. Importing the package registers it.
//
//	import _ "github.com/actorlb/grpclb/lbresolver" // imports this package too
//
//	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds)
//
// finds the balancers by SRV records, and needs no service config; see package
// lbresolver. With a resolver of one's own, balancers' addresses come in the
// attribute that google.golang.org/grpc/balancer/grpclb/state sets, the addresses
// besides are the ones to fall back to, and a service config selects the policy:
//
//	{"loadBalancingConfig": [{"grpclb": {}}]}
//
// [Config] has its fields; [NewBuilder] makes a builder with another name or other
// defaults. The protocol is grpc.lb.v1 (load_balancer.proto), the workflow that of
// load-balancing.md in the gRPC documents. A balancer to embed is package lbserver.
// In programs that import grpc-go's policy of the same name, import package dropin.
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
// When the balancer is lost its last list stays in use while a backend of it is
// READY. Of several balancers the next one is asked when one gives no list, and a
// balancer whose backends are all gone is asked again.
//
// # Duties
//
// Of a program that uses it:
//
//   - Give calls deadlines. Calls wait while there is no backend, and wait for as
//     long as the balancer's list is empty; maxPendingPicks bounds how many. It
//     does not bound wait-for-ready calls while all backends have failed
//     (TRANSIENT_FAILURE): those are kept by gRPC, which tells no policy of them.
//   - Leave cc.ResetConnectBackoff alone while backends may come and go: grpc-go
//     goes through its connections there without a lock, and the process may die
//     of "concurrent map iteration and map write".
//   - Use transport credentials that authenticate servers. With insecure ones
//     whoever is at an address is believed.
//   - Have the resolver name fallback addresses, or accept that calls fail while
//     no balancer can be reached.
//   - Register builders of one's own before channels are made, as gRPC asks.
//   - Turn keepalive on (grpc.WithKeepaliveParams) if machines may vanish: without
//     it a backend that says no goodbye is believed to be there.
//
// Of a child policy: nothing that gRPC does not ask of any policy. It must not
// block; one goroutine calls it, and any number of them its pickers. A child that
// does block holds up Close, as it does in gRPC, and nothing else.
//
// # Laws
//
//   - A picker is published before anything that it no longer names is closed.
//   - Pick and Done take no lock, send no message and allocate nothing, where the
//     backends take turns and one is READY. (Exceptions: a call that has to wait
//     sends a message, the last Done of a retired list too, and a ping allocates.) A
//     child policy's own picker costs extra; combining its Metadata and Done with
//     ours allocates. So does a pick under a parent policy, which may write to the
//     metadata.
//   - The goroutines of a channel are the same few however many backends it has:
//     the policy's, the stream's, the retry timer's, the group's, the pending
//     calls', and one that reads while a call to the balancer is open. One more
//     is there while something is sent to it. One more for each child policy.
//     Without childPolicy that is only gRPC's round_robin, from the first fallback
//     until a list has taken over.
//   - Nothing a balancer sends makes the client panic, dial what is no address,
//     or fail calls that its list sends to backends that are healthy. (It may have
//     calls dropped, or wait, or go to other backends: that is what it is for.)
//   - Close returns when all loops have ended. It does not wait for the network:
//     gRPC may take up to 5 s more to close a stalled connection to the balancer.
//
// # Limits
//
//   - A service name has at most 255 bytes. A token has at most 1 KiB of printable
//     ASCII, with no space at either end; one that is not so is replaced by the
//     empty one.
//   - A message of the balancer has at most 4 MiB, which is gRPC's default and can
//     be changed by [WithBalancerDialOptions].
//   - An entry takes up to four million calls in flight.
//   - Nothing limits how many connections a list asks for.
//   - A backend waits in gRPC's reconnect backoff (up to 120 s) when it has failed,
//     also if a new list names it. If a list names no other, it takes over after
//     handoverTimeout as it is; grpc.WithConnectParams makes the backoff shorter.
//   - A call that has been sent is not moved to another backend.
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
// Each of the owners is one goroutine, with its state in its local variables.
// They tell each other things in typed messages. No lock is held anywhere; what
// goroutines share while it changes is atomic: the counters that picks go by, the
// links of inboxes, and for child policies the newest token of each address and the
// health listener of each connection.
//
// The packages lbstream, rrgroup, pending, tokens and actor are what this one is
// built of. They may be used, but change as it needs them to: only this package,
// lbresolver, lbserver and dropin promise to stay compatible, and what [Config] has
// of lbstream.
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
// By default the backends of a list take turns, and gRPC's round_robin picks in
// fallback. Any registered policy can pick instead, see [Config]; it is given each
// address of the list once, and in fallback the endpoints as the resolver named
// them. Tokens, drops, counts and references of calls in flight are put around
// what it picks, and where a listed address has several entries its calls take
// their tokens in turn. It can read a backend's token with [Token].
//
// A child policy has its own goroutine, the only one that calls it, and sees the
// channel as gRPC would show it. Each of its SubConns has one address. Connections
// are kept across updates where possible. If the child reports IDLE it is told to
// leave that state. A child that connects only when it gets calls (ring_hash) is
// asked about the calls that the current backends serve, and its picks are not used;
// if nobody serves, it gets the calls.
//
// # Security
//
// A balancer is authenticated as the ServerName of its address, or else as the
// channel's authority, with the channel's transport credentials; it is reached by
// the proxy of the environment where a target of that name would be. Per-call
// credentials never reach it. A backend of a server list is authenticated as the
// channel's authority, like any other; a list can't change that. A token is sent
// as it came if it is printable ASCII of at most 1 KiB with no space at either end,
// and is empty otherwise. If a call itself has the header lb-token, the backend
// receives both values, the call's own first. So a backend must not trust the first
// value.
// SECURITY.md has what a balancer can do, and what it can't.
package grpclb
