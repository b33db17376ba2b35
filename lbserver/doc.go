// Package lbserver is a balancer server: it speaks grpc.lb.v1 to gRPC clients
// and tells each of them which backends to use for the service it asked for.
// Embed it in a program that knows where the backends are.
//
//	b := lbserver.New(lbserver.Options{})
//	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
//	b.Register(s)
//	err := b.SetServers("greeter.example.com:443", []lbserver.Server{
//		{Address: "10.0.0.1:50051", Token: "a"},
//		{Address: "[2001:db8::2]:50051", Token: "b", Weight: 3},
//	})
//	go s.Serve(listener)
//	...                // SetServers again whenever the backends change
//	b.Close()
//	s.GracefulStop()
//
// A "stream" here is a client's call to the balancer (method BalanceLoad). It stays open.
// (MaxCallAge is the age of a stream.) Calls of users to backends are called RPCs.
//
// # Services and classes
//
// A client asks for a service by name: the serviceName of its grpclb config, or, without one,
// the endpoint that its program dialled, with the port if that was dialled with one. Names are
// compared byte by byte, unless [Options].Normalize maps several of them to one.
// Each service has one answer at a time. Each client of the service is sent the answer
// when it asks, and each new answer as soon as it is set:
//
//   - [Balancer.SetServers] makes the answer a server list. An empty list is an
//     answer too: there are no servers now.
//   - [Balancer.SetFallback] makes the answer "use your fallback addresses".
//   - [Balancer.Expect] says that there will be an answer. Clients are sent
//     nothing until it is set.
//   - [Balancer.Remove] forgets the service and ends its streams.
//
// [Options].Classify puts each client into a class, such as a zone or a canary group; each
// client may be a class of its own. [Balancer.SetServersFor] gives a class a list of its own,
// until [Balancer.RemoveFor]. Clients of classes without one get the service's answer. A
// program in which each class has a list sets it in [Options].OnBegin, and removes it when the
// class has had no stream for some minutes, not in OnEnd.
//
// What the hooks say of a client holds for its stream. When they have changed their mind, because
// an alias is another service's now, say, [Balancer.Review] asks them again about all clients, and
// those that are elsewhere then get their new list on the stream that they have.
//
// Package [github.com/actorlb/grpclb/lbserver/assign] computes such lists: subsets of large
// fleets, slow start, zones, canaries, drops. Its example Fleet is a whole balancer.
//
// # How streams end
//
//	INVALID_ARGUMENT    the first message is not an initial request, or a later one is;
//	                    or the service name, or the class that Classify returned, is longer
//	                    than 255 bytes; or the class is not UTF-8
//	DEADLINE_EXCEEDED   no service was named within Options.NameTimeout (10 s)
//	NOT_FOUND           there is no answer for this client and none is expected, or the
//	                    answer was removed; the text names service and class. The client
//	                    asks again after its backoff
//	PERMISSION_DENIED   Options.Authorize returned an error that is no gRPC status, when the
//	                    client asked or in a Review. If it is one, the stream ends with that
//	RESOURCE_EXHAUSTED  more streams than Options.MaxClients (default: no bound), or more
//	                    messages of this client a second than Options.MaxMessageRate (100)
//	UNAVAILABLE         the stream has reached Options.MaxCallAge (default: no bound), or the
//	                    balancer has been closed
//	INTERNAL            a hook or an interceptor has panicked
//
// # Not found, none, and not known yet
//
// "Not found", "none" and "not known yet" are different answers. A balancer that has
// just started must not confuse them:
//
//   - Not found (the stream ends with NOT_FOUND): a client without a list uses its fallback
//     addresses, or fails RPCs if it has none. A client with a list keeps it while
//     backends of the list are READY.
//   - None (an empty list): clients of this module hold all RPCs, even if their earlier
//     backends are healthy, until a list with servers comes. Their setting emptyServerList
//     changes that. C-core and grpc-go fail RPCs that are not wait-for-ready.
//   - Not known yet: if the program still has to find the backends, it calls Expect before
//     the gRPC server serves. A client that has an earlier list goes on with it; a new one
//     holds its RPCs. The balancer sends nothing, not even the initial response, so to a
//     client it is silent. A client of this module asks the next balancer, if it knows one,
//     after balancerTimeout (10 s), and falls back after initialFallbackTimeout (10 s).
//     All get the answer as soon as it is set.
//
// # Seeing
//
// [Balancer.State] says which answers there are, which clients, and which answer each client
// has. Answers have numbers. When [ClientState.UpToDate] is true of every client, every
// connection has been handed its newest answer. [Options].OnBegin, OnReport and OnEnd tell of
// a stream from its beginning to its end, and OnMove of its moves. They name it by [Client].ID.
//
// State also has the last load report of each client, sums over the reports of each service,
// and [Totals] since New, such as how many streams have ended with which status. It can be
// written as JSON. Headers and certificates of clients are not in the JSON. Package
// lbserver/debugpage shows all that on web pages. [Metrics] and [State.Samples] are for systems
// of metrics.
//
// # What may be relied on
//
//  1. Each answer replaces the one before. A client that reads slowly delays no other
//     client. When it reads again it gets what was handed to its connection before, and
//     then the newest answer; those in between are not sent.
//  2. For a client that does not read, one list waits in its stream, and gRPC holds one
//     more, or several that are together under 64 KiB. All clients share these bytes:
//     a list is encoded once, and once more for each compressor that clients use.
//     A client has a copy of its own if its codec is not gRPC's "proto", if an
//     interceptor changed the compressor, or if its stream is not gRPC's own. With
//     Options.PlainMessages each client has one.
//  3. The same answer is not sent twice in a row on a stream.
//  4. When a method that sets, expects or removes an answer has returned, a client
//     that asks later is answered accordingly.
//  5. Options.OnReport gets the reports of one stream in their order, after its OnBegin
//     and before its OnEnd. OnMove runs between these two as well. After Close has
//     returned no hook runs, except Normalize when a method of Balancer is called.
//  6. A panic in a hook that runs for a stream, or in the stream of an interceptor, ends
//     that stream with INTERNAL, and no other. (When OnEnd runs, the stream has ended
//     already.) The log has the stack trace.
//  7. When the handler of a stream has returned, nothing uses the stream any more. For
//     that the balancer sends the status itself, before the handler returns. So
//     interceptors see the status, but can't change it or add trailers, unless the
//     client was refused before its first answer. Streams that are not gRPC's own, such
//     as those of channels within a process, are used for a moment longer.
//  8. When Close returns, no goroutine of the balancer is left.
//
// # Duties
//
// A stream does not end by itself, and the gRPC server's GracefulStop waits for streams.
// So call Close before it, or [Balancer.CloseOver], which sends clients away over some
// time. Give the server [KeepaliveEnforcement]; without it gRPC closes the connections of
// clients that ping more often than every five minutes. The gRPC server's own keepalive
// notices a client whose machine has vanished, by default after two hours;
// grpc.KeepaliveParams makes that sooner.
//
// A balancer tells whoever can connect which backends a service has. Give the gRPC
// server credentials that ask clients for a certificate, and say in
// [Options].Authorize who may have which service. Rules that do not depend on the service
// (who may connect, with which headers) can be gRPC's own: docs/authorization.md of
// this module shows a policy of package google.golang.org/grpc/authz in front of a
// balancer.
//
// A balancer may be registered with several gRPC servers. If one of them has
// another codec (grpc.ForceServerCodecV2), that codec must encode as "proto" does when a
// client asks for "proto": the other servers may send the bytes that it made.
package lbserver
