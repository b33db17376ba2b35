// Package lbresolver finds balancers by name: it resolves targets of the scheme grpclb, for the
// policy with the same name. Importing the package registers both.
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
// asks DNS for the balancers: the SRV records of _grpclb._tcp.service.example.com. The A and AAAA
// records of service.example.com, with the port of the target, are the fallback addresses. Other
// targets of the process have no SRV records looked up.
//
//	grpclb://balancer.example.com:8080/service.example.com:443
//
// names the balancer: each address of balancer.example.com is one. No SRV records are looked up. The
// fallback addresses are the service's, as above.
//
// The default port of the service is 443; a balancer must have a port. An IPv6 address before a port is
// in brackets. Parameters follow a question mark, with & between them:
//
//	balancer=host:port   a balancer, besides one before the service; repeatable
//	fallback=off         give no fallback addresses
//	dns=host:port        ask this DNS server instead of the system's; port 53
//	config=off           give no service config, see below
//	refresh=duration     look again that often without being asked, as in 5m; at least 1s
//
// If a target is malformed, calls of the channel fail and say what is wrong. A user name or password in a
// target is refused, and the error does not repeat it. If a target is not a valid URL (for example a
// port before the service that is not a number), gRPC does not use this resolver; it tries its default scheme
// and reports that error.
//
// # What the channel is told
//
// The first update has everything: the balancers, the service's own addresses and its service config
// are looked up at the same time. When balancers are known, the update waits at most a second for the
// rest, which then comes in another update. Fallback addresses alone are sent only when it is known that
// there are no balancers, or when that look-up has failed, which takes up to 15 s: calls would go there at
// once.
//
// Later updates are sent only if something has changed. Balancers without fallback addresses are enough,
// and so are fallback addresses without balancers. If there are neither, an error is reported. It names the
// DNS server that was asked.
//
//   - SRV records are in the order of their priority, and at random by weight. Each channel has
//     its own order of balancers of equal standing: those that the target names, the addresses of one
//     SRV record, and SRV records of one priority whose weights are all 0. The order is drawn once for the
//     channel, so the same records always have the same order.
//   - A balancer is authenticated by the target of its SRV record, without the dot at its end, or by the
//     host in the URL.
//   - If a balancer's name can't be looked up, only its own addresses are missing.
//   - No SRV records are looked up for localhost and for IP addresses.
//   - What is not used is not looked up: A and AAAA records of the service with fallback=off, TXT records
//     if no service config is wanted, and IP addresses.
//
// # When DNS fails
//
// If DNS answers that there is no such record, what was known is dropped. If a look-up fails, by an
// error or without an answer, what was known stays, and the look-up is repeated. That applies to each question:
// addresses of a name whose look-up failed stay, those of other names change; if only the question for AAAA
// records failed, the IPv6 addresses stay, and the IPv4 addresses change. Addresses are kept for 24 h from the
// first failure ([WithKeep]), a service config until DNS has another one.
//
// With a search list, a look-up asks several questions, and Go's resolver returns only the last result. If
// one question got no answer, "no such host" for the others counts as a failure. If Go uses the C library,
// its result is taken as it is.
//
// # When it looks
//
// It looks when the channel is made, and when the channel asks, which it does when a connection is lost or
// can't be made. So new balancers are not found while nothing fails. With refresh=5m in the target, or
// [WithRefresh], look-ups are repeated at that interval, ±20 %.
//
// After a look-up that succeeded, a request of the channel starts the next one after 30 s at the earliest
// ([WithMinInterval]); it answers all requests before it. Refresh, failed look-ups and refused updates have
// times of their own. A look-up may take 15 s. One that fails is repeated after 1 s, 1.6 s and so on up to 120 s
// ([WithBackoff]). If the channel refuses an update, it is sent again after the same backoff, with new look-ups.
// Balancers, the service's addresses and its service config have separate times.
//
// # Service configs
//
// A service config in DNS, the TXT record of _grpc_config.service.example.com, is used as for targets of the scheme
// dns (gRFC A2): the first of its list that is for this language and host. For its percentage a number is
// drawn once for the channel. If the config selects no policy, this one is added to it.
//
// Otherwise the resolver gives a service config of its own, which selects the policy, with its defaults or with
// [WithServiceConfig]:
//
//	builder := lbresolver.NewBuilder(lbresolver.WithServiceConfig(
//		`{"methodConfig": [{"name": [{}], "timeout": "5s"}]}`))
//	cc, err := grpc.NewClient("grpclb:///service.example.com:443", creds, grpc.WithResolvers(builder))
//
// For gRPC that is like a service config in DNS, so it has precedence over grpc.WithDefaultServiceConfig,
// which a resolver can't see. There are two ways to use that one instead:
//
//   - With config=off in the target the resolver gives none, and DNS is not asked. The user's config then has to
//     select the policy, or the channel uses pick_first.
//   - The dial option grpc.WithDisableServiceConfig does the same.
//
// # How it is made
//
// One goroutine owns what is known of a target, and when to look again. Each look-up has a net.Resolver of its
// own and a goroutine, which posts the result and ends. Its connections to DNS servers note which questions were
// asked and answered. Close cancels all look-ups and returns when they have ended.
package lbresolver
