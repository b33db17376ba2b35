// Package lbresolver finds balancers by name: it resolves targets of the scheme
// grpclb, for the policy of the same name. Importing the package registers both.
//
//	import _ "github.com/actorlb/grpclb/lbresolver"
//
//	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds)
//
// The target selects the policy; no service config is needed.
//
// # Targets
//
//	grpclb:///service.example.com:443
//
// asks DNS for the balancers, by the SRV records of
// _grpclb._tcp.service.example.com. The A and AAAA records of
// service.example.com, with the port of the target, are the addresses to fall
// back to. Other targets of the process have no SRV records looked up.
//
//	grpclb://balancer.example.com:8080/service.example.com:443
//
// names the balancer: each address that balancer.example.com has is one. No
// SRV records are looked up. The fallback addresses are the service's, as above.
//
// The service's port is 443 where there is none; a balancer's must be there.
// IPv6 addresses before a port are in brackets. Parameters, after a question
// mark and separated by &:
//
//	balancer=host:port   a balancer, besides one before the service; repeatable
//	fallback=off         give no fallback addresses
//	dns=host:port        ask this DNS server instead of the system's; port 53
//	config=off           give no service config, see below
//	refresh=duration     look again that often without being asked, as in 5m; at least 1s
//
// A target that is malformed fails the channel's calls with what is wrong with it.
// A user name or password in a target is refused and not repeated in the error. If a
// target is not a valid URL (e.g. a non-numeric port before the service), gRPC does
// not use this resolver; it tries its default scheme and reports that error.
//
// # What the channel is told
//
// At first, everything at once: the balancers, the service's own addresses and its
// service config are looked up side by side. As soon as balancers are known, the
// rest is waited for a second at most, and told when it comes. Fallback addresses
// alone are told when it is known that there are no balancers, or when that
// look-up has failed, which takes up to 15 s: calls would go there at once.
//
// After that, whatever changes; what changes nothing is not told. Balancers without
// fallback addresses will do, and so will fallback addresses without balancers. An
// error is reported only if there is neither. It names the DNS server that was
// asked.
//
//   - SRV records are in the order of their priority and, at random, by weight.
//     Balancers of equal standing are in an order of its own for each channel:
//     those that the target names, the addresses of one SRV record, and SRV records
//     of one priority whose weights are all 0. The chance is drawn once for the
//     channel, so the same records are in the same order each time.
//   - A balancer is authenticated as the target of its SRV record, without the
//     dot at its end, or as the host that the URL names.
//   - A balancer's name that can't be looked up costs its own addresses only.
//   - No SRV records are looked up for localhost and for IP addresses.
//   - What is of no use is not looked up: A and AAAA records of the service with
//     fallback=off, TXT records where no service config is wanted, and names that
//     are IP addresses.
//
// # When DNS fails
//
// DNS's word that there is no such record takes away what was known. A failure to
// find out takes nothing away, and is repeated: an error, or silence. That goes for
// each question by itself. Addresses of a name whose look-up failed stay, those of
// other names change; if only the question for AAAA records failed, the IPv6
// addresses stay, and the IPv4 addresses are those of the answer. What is kept
// stays for 24 h from the first failure ([WithKeep]); a service config stays until
// DNS has another.
//
// A look-up asks several questions where there is a search list, and Go's resolver
// returns what the last one came to. If one of them got no answer, "no such host"
// for the others counts as a failure. If Go uses the C library, its answer is
// taken as it is.
//
// # When it looks
//
// When the channel is made, and when the channel asks, which it does when a
// connection is lost or can't be made. So while nothing fails, added balancers are
// not found. With refresh=5m in the target, or [WithRefresh], look-ups are repeated
// at that interval, ±20 %.
//
// After a look-up that succeeded, a request of the channel starts the next one after
// 30 s at the earliest ([WithMinInterval]); requests in between are answered by that
// one. Refresh, failed look-ups and a refused update are not bound by this. A look-up
// gets 15 s. One that fails is repeated after 1 s, 1.6 s and so on up to 120 s
// ([WithBackoff]). If the channel refuses an update, it is sent again after the same
// backoff, with fresh look-ups. Balancers, the service's addresses and its
// service config each have their own times.
//
// # Service configs
//
// A service config in DNS, the TXT record of _grpc_config.service.example.com,
// counts as it does for targets of the scheme dns (gRFC A2): the first of its list
// that is for this language and host. The chance that its percentage goes by is
// drawn once for a channel. If it selects no policy, this one is added to it.
//
// Else the resolver gives one that selects the policy, with its defaults or what
// [WithServiceConfig] says:
//
//	builder := lbresolver.NewBuilder(lbresolver.WithServiceConfig(
//		`{"methodConfig": [{"name": [{}], "timeout": "5s"}]}`))
//	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds, grpc.WithResolvers(builder))
//
// To gRPC that is a service config like one in DNS, and takes precedence over
// grpc.WithDefaultServiceConfig: a resolver can't see whether that is there.
// There are two ways to use that one instead:
//
//   - With config=off in the target the resolver gives none, and DNS is not asked.
//     The user's has to select the policy then, or the channel uses pick_first.
//   - The dial option grpc.WithDisableServiceConfig does the same.
//
// # How it is made
//
// One goroutine owns what is known of a target, and when to look again. Each
// look-up is done by a net.Resolver of its own, in a goroutine that ends with the
// look-up and posts what it found. The connections to DNS servers note which
// questions were asked and answered. Close breaks off what is under way and
// returns when all of it has ended.
package lbresolver
