// Package assign decides which backends a class of clients gets, and with which weights. Its
// results are server lists for lbserver. It only computes: it starts no goroutine, reads no
// clock, and returns the same result for the same input in every process. A call here is a
// user's call to a backend.
//
//   - [ZoneSubsets] gives each client some of the backends of its zone, and some of other
//     zones. Each backend gets equally many clients. [Subsets] does so without zones.
//   - [Ramp] gives a new backend its calls step by step (slow start).
//   - [Spill] keeps calls in the client's zone, as far as that zone can carry them.
//   - [Mix] gives each group of servers its share of the calls: a canary, a blue and a green
//     release. It also adds drops.
//   - [Presence] says which clients have gone, and which are between two streams.
//
// Use them in this order. Each takes what the one before it returned; those that you do not
// need can be left out ([Select] and [Healthy] then convert from one type to the next):
//
//	ZoneSubsets.Of(client)        []Backend of the client
//	Ramp.Warm(backends, now)      []Backend with weights by age
//	Spill(backends, zone, 70)     []lbserver.Server that are healthy
//	Mix(stable, canary, drop)     []lbserver.Server
//	Balancer.SetServersFor(service, class, servers)
//
// The example Fleet is a balancer that does all of this, with a class for each client.
//
// # Weights
//
// A weight is a share in relation to others, as in [lbserver.Server]: zero means 1. Weights
// that are given must be from 0 to [MaxWeight]; any other is an error that names the server.
// Weights that are returned are divided by their greatest common divisor, and add up to 2³⁰
// at most, except that each server has at least 1. If weights with that sum can give the
// exact shares, they do. Otherwise the share of each server is off by at most 2⁻³⁰ of all
// calls.
//
// From the weights lbserver makes a list with at most [lbserver.Options].MaxEntries places,
// by default 4,096, and at least one place for each server. So ten canaries at 0.1 % of the
// calls together get 10 of 4,096 places, which is 0.24 %. One canary at 0.1 % gets 4 places,
// which is 0.098 %.
//
// # Mix
//
// A server gets this part of all calls:
//
//	share of its group / all shares × its weight / weights of its group
//
// One canary at 5 %, beside three servers at 95 %: the three get 31.7 % each, and the
// weights are 19, 19, 19 and 3 (3 of 60 is 5 %). A group without servers gets
// nothing, and the other groups get its share in proportion to theirs.
//
// A drop has its share of all shares, whatever else is there. With 85 % stable, 5 % canary and
// 10 % dropped, 10 % are dropped with and without the canary. If no group has servers, the
// list is empty: clients wait or fail as they do without a drop. Only Mix makes drops. The
// other functions refuse them, since weights that change would change what is dropped.
//
// # Spill
//
// A zone's own backends get all calls of the clients in the zone while at least percent % of
// their weight is healthy. Below that they get the part healthy/percent of these calls, both
// in %. The rest goes to the healthy servers of all other zones, in proportion to their
// weights. With 70 percent, and 2 of 4 servers healthy, the zone keeps 50/70 = 71.4 % of the
// calls: 35.7 % for each of the two. Four healthy servers elsewhere get 28.6 / 4 = 7.1 %
// each. The weights are 5, 5, 1, 1, 1, 1. Of a subset, the backends in it are what counts: a
// client with 20 in its zone may lose 6 before any of its calls leave the zone.
//
// Envoy weights localities by that rule ("Locality weighted load balancing"). Its overprovisioning
// factor of 140 percent is 100/140 = 71.4 percent here. Envoy's "Zone aware routing" also takes
// into account how many clients are in each zone. Spill does not: a zone with many clients
// and few servers needs a higher percent, or more servers.
//
// # Ramp
//
// A backend of age a gets (a/w)^(1/aggression) of its weight in a window w, and no less than a
// floor. That is the formula of Envoy's slow start and of gRFC A100. Here the weight grows in
// steps, so that a list changes only that often: with the default of 9 steps a backend
// has 10 %, 20 % … 90 % of its weight, and 100 % from age w on.
//
// # Subsets
//
// The numbers of clients of any two backends differ by at most spread, by default 1. Four
// rules keep the difference that small:
//
//   - A client that joins gets the backends that have the fewest clients.
//   - A backend that goes gives its clients to the backends that have the fewest. Each of its n
//     clients changes one backend. If a client already has all of the backends with
//     the fewest, another client changes one backend too. So n clients change, and
//     at most 2n.
//   - A backend that comes takes the clients that prefer it, and clients from the backends that
//     have the most. With c clients, s backends for each of them, and n backends now, that is
//     c·s/n changes, and with a greater spread about as many.
//   - A client that leaves moves nobody. Its backends have one client less, until the next
//     clients join, or [Subsets.Level] is called.
//
// With 10 backends and 6 clients of 5 backends each, every backend has 3 clients. The
// loss of one backend moves its 3 clients; then three backends have 4 clients and six have 3.
//
// Among backends that may get one more client, a client gets those that it prefers: those with the
// highest hash of both names, as in gRFC A68. A backend that takes clients takes those that
// prefer it most. So a backend that restarts mostly gets the same clients again, 91 % of them
// in the case below with spread 10. A greater spread leaves more room for preferences. Then
// more of a client's backends are the same after the balancer has restarted and its clients have joined in
// another order. Measured with 1,000 clients, each with 20 of 100 backends, which is 200 clients
// a backend:
//
//	spread                   1     5    10    20    NoLimit
//	same after a restart  44 %  66 %  78 %  88 %      100 %
//	backends differ by       0     5     9    19         57
//
// A twentieth of the clients that a backend has (here 10) is a good spread. With [NoLimit] the
// names alone decide, as in gRFC A68.
//
// Other methods do not remember who has what. The Google SRE book's deterministic subsetting
// ("Load Balancing in the Datacenter") computes a subset from the client's number: backends
// differ by one, but another number of backends changes nearly all subsets ("Reinventing
// Backend Subsetting at Google", CACM 5/2023). Twitter's deterministic aperture puts clients
// and backends on a ring, with parts of a backend at the edges; each change moves the edges
// of all clients. gRFC A68 uses the hash alone: only clients of a lost backend change, but
// the numbers of clients are random. A balancer can remember, so Subsets starts from the last
// assignment.
//
// # Cost
//
// Mix, Spill and [Ramp.Warm] take time in proportion to the servers. With n backends, Subsets takes
// n steps for a client that joins. When backends come and go, it takes n steps, plus one for each client
// of a backend, for each change that follows, and a step for each client and each backend that comes. BenchmarkClasses has 1,000 clients join 10,000 backends in zones, a
// backend go and come back, and a list made for each client: 0.4 s on one core.
package assign
