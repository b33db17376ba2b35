// Package assign says which backends a class of clients gets, and with which
// weights. Its results go into lbserver's server lists. It is arithmetic only:
// it starts no goroutine, reads no clock, and gives the same result for the same
// input in every process.
//
//   - [Mix] has each group of servers get its share of the calls: a canary, a
//     drop, a blue and a green release.
//   - [Spill] keeps calls in the client's zone, as far as that zone can carry them.
//   - [Ramp] gives a new backend its calls step by step (slow start).
//   - [Subsets] gives each client some of the backends, and each backend equally
//     many clients.
//
// They are put together in this order: a subset first, then the ramp, then zones,
// then canaries and drops, each working on the servers that the one before it
// left, with their weights.
//
// # Weights
//
// A weight is a share in relation to others, as in [lbserver.Server]: zero means
// 1. Weights that come in must be from 0 to [MaxWeight]; anything else is an error
// that names the server. Weights that come out are divided by what divides them
// all, and add up to no more than 2³⁰, or not much more (each server has at least
// 1). They are exact if that is enough for them, and otherwise within 2⁻³⁰ of all calls.
//
// lbserver makes a list of at most [lbserver.Options].MaxEntries places of them,
// 4,096 by default, with at least one place for each server. So ten canaries at
// 0.1 % of the calls get 10 of 4,096 places, which is 0.24 %. One canary at 0.1 %
// gets 4 places, 0.098 %.
//
// # Mix
//
// A server's part of all calls is
//
//	share of its group / all shares × its weight / weights of its group
//
// For a canary of one server at 5 %, beside three servers at 95 %, each of the three
// gets 31.7 %, and the weights are 19, 19, 19 and 3: 3/60 is 5 %.
// A group without servers gets nothing, and the others share what it would have got.
//
// # Spill
//
// A zone carries all the calls of its own clients while at least percent of
// its weight is healthy. Below that it keeps healthy / percent of them, and the
// rest goes to the healthy servers of all other zones, in proportion to their
// weights. With 70 percent and 2 of 4 servers healthy, the zone keeps 50/70 = 71.4 %.
// If the others have four healthy servers, each of these gets 28.6 % / 4 = 7.1 %, and
// each of the zone's two 35.7 %: weights 5, 5, 1, 1, 1 and 1.
//
// That is the rule by which Envoy weights localities: it calls 140 percent the
// overprovisioning factor, which is 100/140 = 71.4 percent healthy here (Envoy,
// "Locality weighted load balancing"). Envoy's zone aware routing goes further and
// compares with where the clients are. Spill does not: give a zone with more
// clients than it has servers for a higher percent.
//
// # Ramp
//
// A backend of age a in a window w gets (a/w)^(1/aggression) of its weight, but no less than a
// floor. The formula is that of Envoy's slow start and of gRFC A100. Here it moves
// in steps, so that a list does not change more often than that: with the
// default 9 steps, a backend has 10 %, 20 % … 90 %, and from w on 100 % of its weight.
//
// # Subsets
//
// The number of clients of any two backends differs by no more than spread, which
// is 1 unless told otherwise. Four rules make that so:
//
//   - A client that joins gets the backends that have the fewest clients.
//   - A backend that goes gives its clients to those that have the fewest. Each of its n
//     clients changes one of its backends. If a client has all of those with the fewest
//     already, one more client changes one. So it is n changes mostly and 2n at most.
//   - A backend that comes gets a client at a time from a backend that has the most, until
//     it has as many: with c clients of s backends each and n backends then, at
//     most c·s/n changes, rounded up.
//   - A client that leaves moves nobody. Its backends have one client less, until new
//     clients have filled that up, or [Subsets.Level] is called.
//
// With 10 backends and 6 clients of 5 backends each, every backend has 3 clients. The
// loss of one backend moves its 3 clients; then three backends have 4 and six have 3.
//
// The Google SRE book ("Load Balancing in the Datacenter") has its deterministic
// subsets from a client's number and the round it is in. Two backends then differ
// by one too, but another number of backends deals out nearly all anew ("Reinventing
// Backend Subsetting at Google", CACM 5/2023). Twitter's deterministic aperture puts clients and
// backends on a ring, with fractions of a backend at the edges; each change moves all edges.
// gRFC A68 takes the best by rendezvous hashing: the loss of a backend moves its own clients
// only, but the numbers of clients are random. They all do without memory. A balancer has
// one, so here the last assignment is where the next one starts.
//
// Among backends with equally few clients, a client gets those that it prefers: those with the
// highest hash of both names (A68's rule). A greater spread leaves it more of a choice,
// so that more of its backends are the same ones after a restart of the balancer, when
// clients come back in another order. With a spread that is never reached, a subset
// depends on names alone, and is A68's. Measured with 1,000 clients that get 20 of 100 backends
// each, so 200 clients a backend:
//
//	spread                   1     5    10    20    none
//	same after a restart  44 %  66 %  78 %  88 %   100 %
//	backends differ by       0     5     9    19      57
//
// # What it costs
//
// Mix, Spill and [Ramp.Warm] take time in proportion to the servers. Subsets takes, with n
// backends, n steps for a client that joins, and n plus the clients of a backend for each
// change that follows when backends come and go. BenchmarkClasses, in the tests, has 1,000
// clients join 10,000 backends, a backend go and come back, and a list made for each client:
// 0.4 s at one core.
package assign
