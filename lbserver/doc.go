// Package lbserver is a balancer server: it speaks grpc.lb.v1 to gRPC clients
// and tells each of them which backends to use for the service it asked for.
// Embed it in a program that knows where the backends are.
//
//	b := lbserver.New(lbserver.Options{})
//	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
//	b.Register(s)
//	go s.Serve(listener)
//
//	err := b.SetServers("greeter.example.com:443", []lbserver.Server{
//		{Address: "10.0.0.1:50051", Token: "a"},
//		{Address: "[2001:db8::2]:50051", Token: "b", Weight: 3},
//	})
//	...
//	b.Close()
//	s.GracefulStop()
//
// A "call" in this package is a client's call to the balancer, BalanceLoad, which
// stays open; the calls to backends are called RPCs.
//
// # Services and classes
//
// A client asks for a service by name: the serviceName of its grpclb config,
// or else the endpoint it dialled, port included if it dialled with one. Names
// are compared byte by byte, unless [Options].Normalize makes several of them one.
// Each service has one answer at a time, and each client of the service is told
// it at once and again whenever it changes:
//
//   - [Balancer.SetServers] makes the answer a server list. An empty one is an
//     answer too: there are no servers now.
//   - [Balancer.SetFallback] makes the answer "use your fallback addresses".
//   - [Balancer.Expect] says that there will be an answer. Clients are told
//     nothing until it comes.
//   - [Balancer.Remove] forgets the service: its calls end.
//
// [Options].Classify puts each client into a class, such as a zone or a canary group.
// [Balancer.SetServersFor] gives a class a list of its own, until
// [Balancer.RemoveFor]; classes without one get the service's.
//
// # How calls end
//
//	INVALID_ARGUMENT    the first message does not name a service, or a later one does,
//	                    or the name is longer than 255 bytes
//	DEADLINE_EXCEEDED   no service was named within Options.NameTimeout (10 s)
//	NOT_FOUND           there is no answer for this client and none is expected, or
//	                    no longer; it asks again after its backoff
//	PERMISSION_DENIED   Options.Authorize returned an error that is no status; it may
//	                    choose any other code
//	RESOURCE_EXHAUSTED  more calls than Options.MaxClients (no bound by default), or more
//	                    messages in a second than Options.MaxMessageRate (100)
//	UNAVAILABLE         Options.MaxCallAge is over (never by default), or the
//	                    balancer has been closed
//	INTERNAL            a hook or an interceptor has panicked
//
// # Not found, none, and not known yet
//
// "Not found", "none" and "not known yet" are different answers; a balancer that has
// just started must not confuse them:
//
//   - NOT_FOUND: new clients use their fallback addresses, or fail RPCs if they have
//     none. Clients that have a list keep it while its backends last.
//   - An empty list: clients of this module hold all RPCs, even if their backends
//     are healthy, and wait for a longer list (their emptyServerList says otherwise if
//     need be); C-core and grpc-go fail RPCs that are not wait-for-ready.
//   - Not known yet: if the backends are still being looked up, call Expect before
//     the gRPC server serves. A client that has an earlier list goes on with it; a
//     new one holds its RPCs. Nothing is sent, not even the initial response, so the
//     balancer looks silent: after initialFallbackTimeout (10 s) clients of this
//     module fall back; if they know another balancer, they ask it after
//     balancerTimeout (10 s). All get the list as soon as it is there.
//
// # Seeing
//
// [Balancer.State] says which answers there are, which clients, and which answer
// each of them has. Answers have numbers, so that it can be seen when a change
// has been handed to every connection. Options.OnBegin, OnReport and OnEnd tell of a
// client's call from its beginning to its end, under one [Client].ID.
//
// # What may be relied on
//
//  1. Answers are state of the world. A client that reads slowly delays nobody:
//     when it reads again it gets the newest; intermediate lists are skipped. What had
//     been handed to its connection by then still comes first.
//  2. A client that does not read has one list wait in its call, and gRPC holds
//     one more, or several while they are less than 64 KiB together. These are no
//     copies of its own: a list is encoded once, and all clients are sent the
//     same bytes. Clients that compress share another copy for each compressor.
//     Clients get copies of their own if their codec is not gRPC's "proto", if
//     an interceptor changed the compressor, if their streams are not gRPC's own,
//     and all of them with Options.PlainMessages.
//  3. The same answer is not sent twice in a row.
//  4. Once a method that sets, expects or removes an answer has returned, a client
//     that asks later is answered accordingly.
//  5. The reports of one client reach Options.OnReport in their order, between its
//     OnBegin and its OnEnd. No hook is called after Close has returned, but for Normalize
//     by methods of Balancer.
//  6. A panic in a hook, or in the stream of an interceptor, ends the call that
//     it happened in, with INTERNAL, and nothing else. The log has its stack.
//  7. When a call's handler has returned, nothing uses its stream any more. (For
//     that the balancer has to end the streams of calls that it ends itself,
//     before the handler returns. Interceptors see the status that the handler
//     returns, but can't change it any more, nor add trailers, unless the call was
//     refused before its first answer. Streams that are not gRPC's own, as those of
//     channels within a process, are used for a moment longer.)
//  8. Close returns when no goroutine of the balancer is left.
//
// # Duties
//
// A balancer call has no end of its own, so call Close before the gRPC server's
// GracefulStop, which waits for calls. Give the server [KeepaliveEnforcement],
// or gRPC cuts off clients that check their connection often. A client whose
// machine vanished is noticed by the gRPC server's own keepalive, by default
// after two hours; grpc.KeepaliveParams makes that sooner.
//
// A balancer tells whoever can connect which backends a service has. Give the gRPC server
// credentials that ask clients for a certificate, and say in Options.Authorize who may
// have which service. Rules that do not depend on the service (who may connect, with
// which headers) can be gRPC's own: docs/authorization.md of this module has a policy of
// package google.golang.org/grpc/authz in front of a balancer.
//
// A balancer may be registered with several gRPC servers. If one of them is made
// to use another codec by grpc.ForceServerCodecV2, that must encode as "proto"
// does whenever a client asks for "proto": the others may send its bytes.
package lbserver
