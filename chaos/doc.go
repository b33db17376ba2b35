// Chaos breaks things on purpose and checks that calls go as the policy promises. It
// is one process with real sockets: 3 balancers, 8 backends
// and 2 servers to fall back to, each behind a proxy that can cut connections,
// swallow what they carry, delay it and slow it down, and one channel with 16
// callers, every fourth of which makes streaming calls.
//
//	go run ./chaos             # a minute
//	go run ./chaos -seed 7 -v  # the faults of that seed, and all that is done
//
// The seed of a run is printed first. All faults and lists are drawn from it; how
// they meet with calls depends on the machine, so a seed that found something
// may have to be played more than once. A broken promise is printed with the phase,
// the seed, the calls and the faults at the time, and the exit code is 1.
//
// # The phases and what they promise
//
// Lists. The list changes every 20 ms, to some of the backends in any order,
// and backends and balancers stay up. No call fails, of at least 100,000 in a
// run of a minute; 8,333 in one of five seconds; with the race detector a tenth
// of that. Connections that no list names are closed after 0.2 s, so that they
// come and go as well. All of it is one call to one balancer, and at the end
// its load reports come to exactly the number of calls.
//
// Removal. A list of some of the backends is announced. One second after the
// first call that went by it was answered, the others are stopped, without a
// goodbye. No call fails. The protocol promises nothing to calls that are still
// running on a backend that was taken off the list: to let them end is up to who
// stops it. The streaming calls of this program take less than a tenth of a
// second; should one that began before the list still be running after a second,
// because the machine had better things to do, it is waited for.
//
// Balancers. They are stopped, cut off, slowed down, put into black holes, given
// other addresses and left out by the resolver, the one in contact above all,
// while lists change every 100 ms. No call fails, and none goes to a fallback
// server.
//
// Everything. All of that to all servers, and more than once the lights go out:
// see [nights]. A call fails only with UNAVAILABLE or, by its own deadline, with
// DEADLINE_EXCEEDED, and only if it was sent to a server that had an outage while
// it ran, or was sent nowhere at a time when servers were away. None hangs past
// its deadline. Calls are answered again within two seconds of the first server
// that can be reached again and that the rules have calls go to: a fallback
// server when balancers and backends are gone, a listed backend when a balancer
// is in contact, else a balancer and a backend of its list. When all is well
// again, calls go by a new list within two seconds. A run of more than 43 s also
// has a backend and the balancer in contact in a black hole for longer than it
// takes to find that out.
//
// After each phase there is one SubConn for each backend and none for anything
// else. No call to a balancer reports more calls finished than started, and all
// of them together never more than there were. After Close nothing is left: no
// channel or SubConn (channelz knows), no connection (the proxies know), no
// goroutine, no file descriptor, and of the heap no more than 1 MiB over what was
// in use before (all servers and a channel have been there once by then, so that
// what is made once is made).
//
// # What an outage is
//
// A server that is stopped or cut has its outage from when that begins to when it
// can be reached again. So has one in a black hole, but no longer than until
// the client must have found out: gRPC pings a connection that has been silent
// for 10 s, which is the least that grpc-go's clients allow, and gives the answer
// 2 s here. So calls that are sent to a black hole in its first 12 s may fail at
// their deadline, and later ones may not. The kernel's TCP_USER_TIMEOUT, which
// gRPC sets, sees nothing of a hole that is a process and not a network: that
// process's kernel acknowledges every byte. When the hole ends, its connections
// are cut (see package proxy). To any outage one second is added, in which the
// news of it may be on its way; it takes milliseconds. Delays and low rates are no
// outage: they are small against the deadlines, and no call may fail of them.
//
// Two seconds are possible only to a client that is told to be quick: gRPC waits
// up to 120 s before it connects again, and so does the policy before it calls a
// balancer again. This channel sets both to 0.4 s (±20 %), as a fleet that wants
// to be back in two seconds would: see [config] and [reconnects]. In a black hole
// it can't be back before the hole is found out, so those rounds have none.
//
// Machines stand still, too. A goroutine with a timer measures when this process
// did not get its turn (see [pulse]), and time limits are longer by as much. A
// call that misses its deadline although it had no more than 0.8 s of its second
// is not held against the policy. Both are printed.
//
// # Who does what
//
// The player goes through the phases. It breaks servers and mends them, writes down
// what it did, takes in how each call went while it waits, and judges the calls that
// failed when a phase is over. Callers make calls. The books add up load reports,
// which the balancers' servers read along, and the attempts of the channel. Pulse and
// proxies are goroutines with their own state.
package main
