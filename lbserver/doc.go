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
//     answer too: clients then hold their calls and wait for a longer one.
//   - [Balancer.Fallback] makes the answer "use your fallback addresses".
//   - [Balancer.Remove] forgets the service: its calls end with NOT_FOUND.
//
// A client that asks for a name that has no answer is told NOT_FOUND, and asks
// again when its backoff has passed. One that does not begin by naming a
// service, or begins twice, is told INVALID_ARGUMENT. After [Balancer.Close]
// everybody is told UNAVAILABLE.
//
// # What may be relied on
//
//  1. Answers are state of the world. A client that reads slowly delays nobody
//     and costs the memory of one answer: when it reads again it gets the
//     newest, and those in between never. What had been handed to its
//     connection by then still comes first.
//  2. A client is not sent twice running what it was sent already.
//  3. Once SetServers, Fallback or Remove has returned, a client that asks
//     later is answered accordingly.
//  4. The reports of one client reach [Options.OnReport] in their order. None
//     does after Close has returned.
//  5. Close returns when no goroutine of the balancer is left.
//
// # Duties
//
// A balancer call has no end of its own, so call Close before the gRPC server's
// GracefulStop, which waits for calls. Give the server [KeepaliveEnforcement],
// or gRPC cuts off clients that check their connection often. A client whose
// machine vanished is noticed by the gRPC server's own keepalive, by default
// after two hours; grpc.KeepaliveParams makes that sooner.
package lbserver
