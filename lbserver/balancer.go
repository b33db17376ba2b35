package lbserver

import (
	"errors"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/actor"
)

var logger = grpclog.Component("grpclb")

// ErrClosed is the error that methods return after Close.
var ErrClosed = errors.New("lbserver: the balancer is closed")

// A Balancer tells gRPC clients which backends to use. Its methods may be
// called from any goroutine; none of them but Close waits for a client. Make one with
// [New] (methods of a zero Balancer panic), and call Close at its end.
type Balancer struct {
	// Fixed after New.
	opts    Options
	mark    mark                      // appended to every token
	initial *lbpb.LoadBalanceResponse // the first message to each client
	group   *actor.Group              // the loop and two children a call

	inbox inbox // everybody → loop
}

// It is a whole grpc.lb.v1 server.
var _ lbpb.LoadBalancerServer = (*Balancer)(nil)

// New starts a balancer that knows no service yet.
func New(opts Options) *Balancer {
	b := &Balancer{
		opts:    opts.withDefaults(),
		initial: initialResponse(opts.ReportInterval),
		group:   actor.NewGroup(),
		inbox:   inbox{actor.NewInbox[message]()},
	}
	if opts.RestartTokens {
		b.mark = newMark()
	}
	b.group.Go(b.loop)
	return b
}

// Register adds the balancer to a gRPC server. As with any gRPC service, that
// must happen before the server serves, and once. It panics if there is no server.
func (b *Balancer) Register(s grpc.ServiceRegistrar) {
	b.inbox.mustBe()
	if server, its := s.(*grpc.Server); s == nil || its && server == nil {
		panic("lbserver: Register needs a gRPC server, not nil")
	}
	lbpb.RegisterLoadBalancerServer(s, b)
}

// Close ends all streams with UNAVAILABLE, and every later one at once. It returns when all
// goroutines of the balancer have ended, so it waits for hooks that are running. It may be
// called more than once.
func (b *Balancer) Close() {
	b.inbox.mustBe()
	b.group.Stop()
}

// CloseOver is Close for a balancer that has replicas: it ends streams one after another,
// evenly over this time, so that clients do not all ask the next balancer at once. Meanwhile
// new streams end with UNAVAILABLE, and clients that are still there get answers. If clients
// see before that the balancer is no longer to be used, for example by its health service,
// those that were sent away do not come back. Close ends a CloseOver that is under way.
func (b *Balancer) CloseOver(over time.Duration) {
	departed := make(chan struct{})
	if b.inbox.leaving(over, departed) {
		<-departed
	}
	b.Close()
}

// KeepaliveEnforcement is an option for the gRPC server that a balancer is registered with.
// It allows clients to ping (keepalive) every five seconds, with or without a stream on the
// connection. Without it gRPC closes connections with pings more often than every five
// minutes. grpc-go clients ping every ten seconds at most.
func KeepaliveEnforcement() grpc.ServerOption {
	return grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
		MinTime:             5 * time.Second, // half of ten: pings may arrive bunched
		PermitWithoutStream: true,
	})
}

func initialResponse(every time.Duration) *lbpb.LoadBalanceResponse {
	initial := &lbpb.InitialLoadBalanceResponse{}
	if every > 0 {
		initial.ClientStatsReportInterval = durationpb.New(every)
	}
	return &lbpb.LoadBalanceResponse{
		LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{InitialResponse: initial},
	}
}
