// Package grpclb is a lookaside load-balancing policy for gRPC: a balancer tells each client
// which backends to use, and the client's channel picks among them. Importing the package
// registers the policy.
//
//	import _ "github.com/actorlb/grpclb/lbresolver" // imports this package too
//
//	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds)
//
// finds the balancers by SRV records and needs no service config; see package lbresolver. A
// resolver of your own sets the balancers' addresses with package
// google.golang.org/grpc/balancer/grpclb/state; its other addresses are the ones to fall back to.
// A service config then selects the policy:
//
//	{"loadBalancingConfig": [{"grpclb": {}}]}
//
// [Config] has its fields. [NewBuilder] makes a builder with another name or other defaults. The
// protocol is grpc.lb.v1 (load_balancer.proto). Package lbserver is a balancer to embed. In
// programs that import grpc-go's policy of the same name, import package dropin.
//
// # What it does
//
// The policy keeps one stream to the balancer open and receives server lists on it. The entries
// of the list take turns. An address that is listed twice gets twice the calls, each entry
// sends its own token, and drop entries drop their share of the calls. A new list is used as soon as
// its first backend is READY; calls in flight go on, and a backend in both lists keeps its
// connection. While there is no list, calls wait. If none comes within 10 s, or the balancer can't be
// reached or asks for fallback, calls go to the fallback addresses until a list comes. When
// contact with the balancer is lost, its last list stays in use while one of its backends is READY.
// If a balancer sends no list, the next one is asked. If no backend of a list is READY, the balancer
// is asked again.
//
// # Duties
//
// A program that uses the policy should
//
//   - give calls deadlines. Calls wait while there is no backend, and as long as the balancer's
//     list is empty. maxPendingPicks bounds how many wait, but not wait-for-ready calls while all
//     backends have failed (TRANSIENT_FAILURE): gRPC keeps those, and tells no policy of them;
//   - not call cc.ResetConnectBackoff while backends may come and go: grpc-go iterates over its
//     connections there without a lock, and the process may die of "concurrent map iteration and
//     map write";
//   - use transport credentials that authenticate servers. With insecure credentials, any server
//     that answers at an address is trusted;
//   - have its resolver name fallback addresses, or accept that calls fail while no balancer can
//     be reached;
//   - register builders before it makes channels, as gRPC asks;
//   - turn keepalive on (grpc.WithKeepaliveParams) if machines may vanish. Without it, a backend
//     whose machine is gone counts as connected.
//
// A child policy has only the duties that gRPC gives it: it must not block, and its pickers must
// allow calls by any number of goroutines. The child itself is called by one goroutine. If a child
// blocks, that delays its own work and Close, as in gRPC.
//
// # Laws
//
//   - A connection that only the old picker names is closed after the new picker is published.
//   - Pick and Done take no lock, send no message and allocate nothing. This holds for the
//     policy's own rotation while a backend is READY. There are exceptions: the first pick of an
//     entry of a list allocates; the last Done of a replaced list sends a message; a ping
//     allocates; a pick under a parent policy allocates, since the parent may write to its
//     metadata. A call that has to wait sends a message. A child policy's picker adds its own cost,
//     and combining its Metadata and Done with ours allocates.
//   - A channel has the same few goroutines, however many backends it has: those of the policy,
//     the stream, the group and the waiting calls; one for the backoff, from the first end of a
//     stream on; a reader while a stream to the balancer is open, and a sender while something is
//     sent on it. Each child policy adds one. Without childPolicy there is a child only in fallback
//     (gRPC's round_robin).
//   - Nothing that a balancer sends makes the client panic, dial what is not an address, or fail
//     calls to healthy backends. (It may have calls dropped, have them wait, or send them to other
//     backends: that is its task.)
//   - Close returns when all loops have ended. It does not wait for the network: gRPC may take
//     5 s more to close a stalled connection to the balancer.
//
// # Limits
//
//   - A service name has at most 255 bytes.
//   - A token has at most 1 KiB of printable ASCII, with no space at either end. Any other token
//     is replaced by the empty one.
//   - A message of the balancer has at most 4 MiB, which is gRPC's default. Change it by
//     [WithBalancerDialOptions].
//   - Nothing limits how many connections a list asks for.
//   - A backend that failed waits in gRPC's reconnect backoff, up to 120 s, even if a new list names
//     it. A list with no other backend is used after handoverTimeout all the same, and calls fail
//     until the backoff is over. grpc.WithConnectParams shortens the backoff.
//   - A call that was sent to a backend is not moved to another one.
//
// # Layers
//
//	balancer.go   the handle that gRPC has: it only posts messages
//	policy.go     the loop that decides; its core is the machine of mode.go
//	lbstream      owns the stream to the balancer, and the backoff
//	rrgroup       owns SubConns, generations and the published picker
//	hosted        runs child policies
//	pending       counts the calls that wait
//	tokens        a checked server list
//	actor         inbox, cell, timer and group, of which the loops are made
//
// Each owner is one goroutine with its state in local variables. Owners send each other typed
// messages. There are no locks. Variables that several goroutines share and change are atomic;
// docs/architecture.md lists them.
//
// Only this package, lbresolver, lbserver, lbdebug and dropin promise to stay compatible, and those parts
// of lbstream that [Config] uses. The other packages may be used, but change as this one
// needs.
//
// # Load reports
//
// If the balancer asks for load reports, it is told at its interval how many calls were started,
// finished, never sent, and answered, and how many were dropped under each token. Only calls that
// were picked from lists of the present stream count. The sum of all reports of a stream is exact:
// started = finished + in flight. Calls to fallback backends are not reported.
//
// # Seeing inside
//
// [Describe] returns the state of a channel's policy: where the backends come from and why, how things
// stand with the balancer, which backends there are, and what the calls wait for. [Ping] makes a round trip
// to a backend. Package lbdebug makes web pages of all channels. docs/operating.md has the questions that they answer.
//
// # Child policies
//
// By default the backends of a list take turns, and gRPC's round_robin picks in fallback. Any
// registered policy can pick instead, see [Config]. It gets each address of the list once, and in
// fallback the endpoints as the resolver named them. Tokens, drops and counts apply to what it
// picks; if an address has several entries, its calls send their tokens in turn. It can read
// a backend's token with [Token]. docs/recipes.md shows gRPC's outlier detection, weighted round
// robin and others as children.
//
// A child policy has its own goroutine, the only one that calls it, and sees the channel as gRPC
// would show it. Each of its SubConns has one address, which the list names. Connections are kept across updates where
// possible. A child that reports IDLE is told to leave that state. Some children connect only when
// they get calls (ring_hash). While the backends before it serve the calls, such a child's picker is
// asked too, so that it connects; its picks are not used until it takes over. If no other backend is
// READY, it gets the calls itself.
//
// # Security
//
// A balancer is authenticated by the ServerName of its address, or else by the channel's
// authority, with the channel's transport credentials. It is reached through the proxy of the
// environment if a target with its name would be. Per-call credentials never reach it. A backend
// of a server list is authenticated by the channel's authority, like any other; a list can't change
// that. A call may have an lb-token header of its own: the backend then gets two values, the call's
// own first. So a backend must not trust the first value. SECURITY.md says what a balancer can do,
// and what it can't.
package grpclb
