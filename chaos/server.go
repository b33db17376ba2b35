package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/chaos/proxy"
	"github.com/actorlb/grpclb/lbserver"
)

// How many servers there are. Backends have the first numbers, then come fallback
// servers, then balancers.
const (
	backendCount  = 8
	fallbackCount = 2
	balancerCount = 3
	firstFallback = backendCount
	firstBalancer = backendCount + fallbackCount
	serverCount   = firstBalancer + balancerCount
)

func nameOf(i int) string {
	switch {
	case i < firstFallback:
		return fmt.Sprintf("backend %d", i+1)
	case i < firstBalancer:
		return fmt.Sprintf("fallback %d", i-firstFallback+1)
	default:
		return fmt.Sprintf("balancer %d", i-firstBalancer+1)
	}
}

func isBalancer(i int) bool { return i >= firstBalancer }

func allBackends() []int {
	all := make([]int, backendCount)
	for i := range all {
		all[i] = i
	}
	return all
}

// A server is a proxy, whose address the channel knows, and behind it a gRPC server
// that may stop and be followed by another, on a port of its own. So the address
// stays ours while nobody serves it, and no other process can take it. The player's
// goroutine uses it.
type server struct {
	proxy  *proxy.Proxy
	behind string             // where the gRPC server listens, or did last
	grpc   *grpc.Server       // nil while stopped
	served chan error         // Serve → stop
	lists  *lbserver.Balancer // nil unless it is a balancer that runs
}

func (s *server) addr() string { return s.proxy.Addr() }

// start has the server run, which is stopped. A stop waits for handlers, so that
// their goroutines can be counted. Clients may ping as often as grpc-go lets them.
func (s *server) start(register func(*grpc.Server), options ...grpc.ServerOption) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	g := grpc.NewServer(append(options, grpc.WaitForHandlers(true), lbserver.KeepaliveEnforcement())...)
	register(g)
	s.grpc, s.served, s.behind = g, make(chan error, 1), l.Addr().String()
	go func(served chan<- error) { served <- g.Serve(l) }(s.served)
	s.proxy.Forward(s.behind)
	s.proxy.Set(proxy.Weather{})
	return nil
}

// stop cuts every connection, so that clients get no goodbye, and then stops the
// server, if it runs. What a balancer knew is lost.
func (s *server) stop() error {
	if s.grpc == nil {
		return nil
	}
	s.proxy.Set(proxy.Weather{Refuse: true})
	s.grpc.Stop()
	s.grpc = nil
	if s.lists != nil {
		s.lists.Close()
		s.lists = nil
	}
	// A server that is stopped before its Serve got a turn says so.
	if err := <-s.served; !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// move gives the server, which runs, another address. Connections to the old one
// are cut.
func (s *server) move() error {
	p, err := proxy.Start()
	if err != nil {
		return err
	}
	p.Forward(s.behind)
	s.proxy.Close()
	s.proxy = p
	return nil
}

// A backend answers UnaryCall, and each message of a FullDuplexCall, with the
// LB token that the call had. That is how calls show which list they went by.
type backend struct {
	testpb.UnimplementedTestServiceServer
}

func (backend) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return &testpb.SimpleResponse{Payload: tokenOf(ctx)}, nil
}

func (backend) FullDuplexCall(stream testpb.TestService_FullDuplexCallServer) error {
	answer := &testpb.StreamingOutputCallResponse{Payload: tokenOf(stream.Context())}
	for {
		_, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = stream.Send(answer)
		}
		if err != nil {
			return err
		}
	}
}

func tokenOf(ctx context.Context) *testpb.Payload {
	sent := metadata.ValueFromIncomingContext(ctx, "lb-token")
	return &testpb.Payload{Body: []byte(strings.Join(sent, ","))}
}

const (
	noList  = 0  // the number of the list of a call that had no token: one to a fallback server
	anyList = -1 // stands for the number of any list, and none
)

// listOf reads from an answer by which list its call went: the number in the
// token that draft made.
func listOf(p *testpb.Payload) (int, error) {
	if p == nil {
		return 0, errors.New("an answer without a payload")
	}
	if len(p.Body) == 0 {
		return noList, nil
	}
	number, _, _ := strings.Cut(string(p.Body), "/")
	return strconv.Atoi(number)
}
