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
//	config=off           give no service config of one's own, see below
//
// A target that is malformed fails the channel's calls with what is wrong with
// it. gRPC does not even take it for one of this scheme if it is no URL, as with
// a port that is no number before the service; then it tries to resolve the whole
// of it by the default scheme, and complains about that.
//
// # What the channel is told
//
// At first, everything at once: when both the balancers and the service's own
// addresses have been looked up, or that has failed, for which 30 s are the
// limit. After that, whatever changes. Balancers without fallback addresses will
// do, and so will fallback addresses without balancers. An error is reported only
// if there is neither.
//
//   - SRV records are in the order of their priority and, at random, by weight.
//     The same records in another order are no change.
//   - A balancer is authenticated as the target of its SRV record, without the
//     dot at its end, or as the host that the URL names.
//   - A balancer's name that can't be looked up costs its own addresses only.
//   - DNS's word that there are no balancers takes them away. A failure to find
//     out does not: those known stay for 24 h ([WithKeep]).
//   - No SRV records are looked up for localhost and for IP addresses.
//
// # When it looks
//
// When the channel is made, and when the channel asks, which it does when a
// connection is lost or can't be made. So a channel that is content with its
// fallback servers finds SRV records that are new when it loses one of them.
//
// Balancers are not looked up again within 30 s of the last time
// ([WithMinInterval]); what is asked meanwhile is done then. A look-up gets 15 s.
// One that fails is repeated after 1 s, 1.6 s and so on up to 120 s
// ([WithBackoff]). So is one after which the channel refused what it was told.
//
// # Service configs
//
// A service config in DNS, the TXT record of _grpc_config.service.example.com,
// counts as it does for targets of the scheme dns. If it selects no policy, this
// one is added to it.
//
// Else the resolver gives one that selects the policy with its defaults. To
// gRPC that is a service config like one in DNS, and takes precedence over
// grpc.WithDefaultServiceConfig: a resolver can't see whether that is there. Two
// ways have the user's count:
//
//   - With config=off in the target, one in DNS counts, or else the user's.
//     Either has to select the policy then, or the channel uses pick_first.
//   - With the dial option grpc.WithDisableServiceConfig, the user's counts and
//     DNS is not asked.
//
// # How it is made
//
// One goroutine owns what is known of a target, and when to look again. The
// service's addresses and TXT record are looked up by grpc-go's own DNS
// resolver, with its intervals; the balancers by a net.Resolver, in a goroutine
// that ends with the look-up. Both post what they find. Close breaks off what is
// under way and returns when all of it has ended. While a DNS server is silent,
// that takes grpc-go's DNS resolver up to 5 s, as it does for targets of its own.
package lbresolver
