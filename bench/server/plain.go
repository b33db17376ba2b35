package main

import (
	"net/netip"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
)

// plain is the server that one would write first: each call has a goroutine, which
// calls Send with the newest list. gRPC encodes it for each of them.
type plain struct {
	joined chan inTray
	left   chan inTray
	lists  chan *lbpb.LoadBalanceResponse
	done   chan struct{}
}

// An inTray has at most one list: the newest that its client has not been sent.
type inTray chan *lbpb.LoadBalanceResponse

func newPlain(s *grpc.Server) publisher {
	p := &plain{
		joined: make(chan inTray),
		left:   make(chan inTray),
		lists:  make(chan *lbpb.LoadBalanceResponse),
		done:   make(chan struct{}),
	}
	go p.loop()
	lbpb.RegisterLoadBalancerServer(s, p)
	return p
}

func (p *plain) loop() {
	clients := make(map[inTray]bool)
	var list *lbpb.LoadBalanceResponse
	for {
		select {
		case c := <-p.joined:
			clients[c] = true
			replace(c, list)
		case c := <-p.left:
			delete(clients, c)
		case list = <-p.lists:
			for c := range clients {
				replace(c, list)
			}
		case <-p.done:
			return
		}
	}
}

// replace makes list the one that waits for a client.
func replace(c inTray, list *lbpb.LoadBalanceResponse) {
	if list == nil {
		return
	}
	select {
	case <-c:
	default:
	}
	c <- list // there is room: nobody else sends
}

func (p *plain) BalanceLoad(s grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]) error {
	if _, err := s.Recv(); err != nil {
		return err
	}
	if err := s.Send(&lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
		InitialResponse: &lbpb.InitialLoadBalanceResponse{},
	}}); err != nil {
		return err
	}
	lists := make(inTray, 1)
	if !p.hand(p.joined, lists) {
		return nil
	}
	defer p.hand(p.left, lists)
	go drain(s)
	for {
		select {
		case list := <-lists:
			if err := s.Send(list); err != nil {
				return err
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

// hand gives the loop a client, or returns false if there is no loop any more.
func (p *plain) hand(to chan<- inTray, c inTray) bool {
	select {
	case to <- c:
		return true
	case <-p.done:
		return false
	}
}

// drain takes the client's reports, until its call ends.
func drain(s grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]) {
	for {
		if _, err := s.Recv(); err != nil {
			return
		}
	}
}

func (p *plain) set(_ int, list []endpoint) error {
	servers := make([]*lbpb.Server, len(list))
	for i, e := range list {
		ip := netip.MustParseAddr(e.host).As4()
		servers[i] = &lbpb.Server{IpAddress: ip[:], Port: int32(e.port), LoadBalanceToken: e.token}
	}
	p.lists <- &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
		ServerList: &lbpb.ServerList{Servers: servers},
	}}
	return nil
}

func (p *plain) close() { close(p.done) }

// silent takes calls and says nothing on them: what it uses is gRPC's part.
type silent struct{}

func newSilent(s *grpc.Server) publisher {
	lbpb.RegisterLoadBalancerServer(s, silent{})
	return silent{}
}

func (silent) BalanceLoad(s grpc.BidiStreamingServer[lbpb.LoadBalanceRequest, lbpb.LoadBalanceResponse]) error {
	drain(s)
	return nil
}

func (silent) set(int, []endpoint) error { return nil }
func (silent) close()                    {}
