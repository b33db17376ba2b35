package main

import (
	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"

	"github.com/actorlb/grpclb/lbserver"
)

// A balancer is a site with a balancer server. Its lists are lost when it stops.
type balancer struct {
	site
	number int
	books  *books
	lists  *lbserver.Balancer // nil while stopped
}

// startWith starts the balancer with a list. The list is there before anybody
// can ask, so that no client is told that the service is not known.
func (b *balancer) startWith(list []lbserver.Server) error {
	b.lists = lbserver.New(lbserver.Options{ReportInterval: reportInterval})
	if err := b.lists.SetServers(service, list); err != nil {
		return err
	}
	s := grpc.NewServer(
		grpc.WaitForHandlers(true),
		lbserver.KeepaliveEnforcement(),
		grpc.StreamInterceptor(reader{b.number, b.books}.intercept),
	)
	b.lists.Register(s)
	return b.start(s)
}

// halt stops the balancer. Its clients are cut off without a word.
func (b *balancer) halt() error {
	err := b.stop()
	if b.lists != nil {
		b.lists.Close()
		b.lists = nil
	}
	return err
}

// A reader reads along what the clients of a balancer send it, for the books.
type reader struct {
	balancer int
	books    *books
}

// intercept is a grpc.StreamServerInterceptor. Each call of a client to the
// balancer gets a number of its own in the books.
func (r reader) intercept(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	call := r.books.opened(r.balancer)
	defer r.books.ended(call)
	return handler(server, &readStream{stream, call, r.books})
}

type readStream struct {
	grpc.ServerStream
	call  int
	books *books
}

// RecvMsg is called by one goroutine, the balancer's for this call.
func (s *readStream) RecvMsg(m any) error {
	err := s.ServerStream.RecvMsg(m)
	if request, ok := m.(*lbpb.LoadBalanceRequest); ok && err == nil && request.GetClientStats() != nil {
		s.books.reported(s.call, request.GetClientStats())
	}
	return err
}
