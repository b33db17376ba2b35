// Chaos breaks things on purpose and checks that calls go as the policy promises. It
// is one process with real sockets: 3 balancers, 8 backends and 2 fallback servers,
// each behind a proxy that can cut connections, swallow what they carry, delay it and
// slow it down, and one channel with 16 callers, every fourth of which makes
// streaming calls.
//
//	go run ./chaos             # a minute
//	go run ./chaos -seed 7 -v  # the faults of that seed, and all that is done
//
// The seed of a run is printed first. All faults and lists are drawn from it. How they
// meet with calls depends on the machine, so a seed that found something may have to
// be played more than once. A broken promise is printed with the phase, the seed, the
// calls and the faults at the time, and the exit code is 1.
//
// # The phases and what they promise
//
// Lists. The list changes every 20 ms, to some of the backends in any order, and
// backends and balancers stay up. No call fails, of at least 100,000 in a run of a
// minute; in a shorter run proportionally fewer, and with the race detector a tenth of
// that. Connections that no list names are closed after 0.2 s, so that they
// come and go as well. There is one call to one balancer, and at the end its load
// reports have exactly the calls that were made.
//
// Removal. A list of some of the backends is announced. One second after the first
// call that went by it was answered, the other backends are stopped, without a
// goodbye. No call fails. A call may still run on a backend that was taken off the
// list, and the protocol promises it nothing: whoever stops the backend has to let it
// end. The streaming calls here take less than a tenth of a second. If one that began
// before the list still runs after the second, the phase waits for it.
//
// Balancers. They are stopped, cut off, slowed down, put into black holes, given
// other addresses and left out by the resolver, the one in contact most often, while
// lists change every 100 ms. No call fails, and none goes to a fallback server.
//
// Everything. All of that happens to all servers, and several times many servers go
// at once: see [nights]. A call fails only with UNAVAILABLE or, at its own deadline,
// with DEADLINE_EXCEEDED, and only if it was sent to a server that had an outage while
// it ran, or was sent nowhere at a time when servers were away. None hangs past its
// deadline. Calls are answered again within two seconds of the return of the first
// server that the rules have calls go to: a fallback server when balancers and
// backends are gone; a listed backend when a balancer is in contact; else a balancer
// and a backend of its list. When all is well again, calls go by a new list within two
// seconds. A run of more than 43 s also has a backend and the balancer in contact in a
// black hole for longer than it takes to find that out.
//
// After each phase there is one SubConn for each backend and none for anything else.
// No call to a balancer reports more calls finished than started, and all of them
// together never more than there were. After Close nothing is left: no channel or
// SubConn (channelz knows), no connection (the proxies know), no goroutine, no file
// descriptor, and at most 1 MiB more heap than before. A rehearsal comes first, so
// that what is made once and kept is there before.
//
// # What an outage is
//
// The outage of a server that is stopped or cut lasts from when that begins until it
// can be reached again. So does one in a black hole, but at most for 12 s, when the
// client must have found out: gRPC pings a connection that has been silent for 10 s,
// which is the least that grpc-go's clients allow, and waits 2 s for the answer here.
// The kernel's TCP_USER_TIMEOUT, which gRPC sets, does not help: the hole is a process,
// whose kernel acknowledges every byte. When a hole ends, its connections are cut (see
// package proxy). One second is added to any outage, for the news of it to arrive; it
// takes milliseconds. Delays and low rates are no outage: they are small against the
// deadlines, and no call may fail of them.
//
// Two seconds need a client with short waits: gRPC waits up to 120 s before it
// connects again, and so does the policy before it calls a balancer again. This
// channel sets both to 0.4 s (±20 %): see [config] and [reconnects]. A black hole is
// found out only after 12 s, so the rounds with a limit of two seconds have none.
//
// Machines stand still, too. A goroutine with a timer measures when this process did
// not run (see [pulse]), and limits are longer by as much. A call that misses its
// deadline of a second while the process stood still for 0.2 s of it is not counted
// against the policy. Both are printed.
//
// # Who does what
//
// The player goes through the phases. It breaks servers and mends them, writes down
// what it did, counts the calls while it waits, and judges those that failed when a
// phase is over. Callers make calls. The books add up load reports, which they read
// at the balancers, and the attempts of the channel. Pulse and proxies are goroutines
// with their own state.
package main
