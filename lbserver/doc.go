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
// # Services
//
// A client asks for a service by name: the serviceName of its grpclb config,
// or else the endpoint it dialled, port included if it dialled with one. Names
// are compared byte by byte. Each service has one answer at a time, and each
// client of the service is told it at once and again whenever it changes:
//
//   - [Balancer.SetServers] makes the answer a server list. An empty one is an
//     answer too: there are no servers now. Clients of this module then hold their
//     calls and wait for a longer one (their emptyServerList says otherwise if need
//     be); those of C-core and grpc-go fail calls that are not wait-for-ready.
//   - [Balancer.Fallback] makes the answer "use your fallback addresses".
//   - [Balancer.Expect] says that there will be an answer. Clients are told
//     nothing until it comes.
//   - [Balancer.Remove] forgets the service: its calls end with NOT_FOUND, and
//     those that wait for an expected answer too.
//
// A client that asks for a name that has no answer and is not expected is told
// NOT_FOUND, and asks again when its backoff has passed. One that does not begin
// by naming a service, or begins twice, is told INVALID_ARGUMENT. After
// [Balancer.Close] everybody is told UNAVAILABLE.
//
// # Not found, none, and not known yet
//
// "Not found", "none" and "not known yet" are different answers; a balancer that has
// just started must not confuse them:
//
//   - NOT_FOUND: new clients use their fallback addresses, or fail calls if they have
//     none.
//   - An empty list: clients of this module hold all calls, even if their backends
//     are healthy (see emptyServerList); C-core and grpc-go fail calls that are not
//     wait-for-ready.
//   - Not known yet: if the backends are still being looked up, call Expect before
//     the gRPC server serves. A client that has an earlier list goes on with it; a
//     new one holds its calls. Nothing is sent, not even the initial response, so the
//     balancer looks silent: after initialFallbackTimeout (10 s) clients of this
//     module fall back; if they know another balancer, they ask it after
//     balancerTimeout (10 s). All get the list as soon as it is there.
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
//     Copies of their own get clients whose codec is not gRPC's "proto", those for
//     which an interceptor changed the compressor, streams that are not gRPC's own,
//     and with [Options].PlainMessages all clients.
//  3. The same answer is not sent twice in a row.
//  4. Once SetServers, Fallback, Expect or Remove has returned, a client that asks
//     later is answered accordingly.
//  5. The reports of one client reach [Options.OnReport] in their order, from the
//     first answer on. None does after Close has returned.
//  6. A panic in OnReport, or in the stream of an interceptor, ends the call that
//     it happened in, with INTERNAL, and nothing else. The log has its stack.
//  7. When a call's handler has returned, nothing uses its stream any more. (For
//     that the balancer has to end the streams of calls that it ends itself,
//     before the handler returns. Interceptors see the status that the handler
//     returns, but can't change it any more, nor add trailers, unless the call was
//     refused before its first answer. Streams that are not gRPC's own, as those of
//     channels within a process, are used for a moment longer.)
//  8. Close returns when no goroutine of the balancer is left.
//
// A balancer may be registered with several gRPC servers. If one of them is made
// to use another codec by grpc.ForceServerCodecV2, that must encode as "proto"
// does whenever a client asks for "proto": the others may send its bytes.
//
// # Duties
//
// A balancer call has no end of its own, so call Close before the gRPC server's
// GracefulStop, which waits for calls. Give the server [KeepaliveEnforcement],
// or gRPC cuts off clients that check their connection often. A client whose
// machine vanished is noticed by the gRPC server's own keepalive, by default
// after two hours; grpc.KeepaliveParams makes that sooner.
package lbserver
