package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/credentials/insecure"
)

// Clients are many clients of a balancer, each with a connection of its own.
type clients struct {
	cancel context.CancelFunc
	conns  []*grpc.ClientConn
	lists  chan list
	ended  chan error
}

// A list is how many entries a client was told, and when.
type list struct {
	entries int
	at      time.Time
}

// join connects n clients of the service s. Each sends a load report as often as it is
// asked to.
func join(address string, n int) (*clients, error) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &clients{cancel: cancel, lists: make(chan list, 10*n), ended: make(chan error, n)}
	for range n {
		cc, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, err
		}
		c.conns = append(c.conns, cc)
		go func() { c.ended <- c.listen(ctx, cc) }()
	}
	return c, nil
}

func (c *clients) listen(ctx context.Context, cc *grpc.ClientConn) error {
	s, err := lbpb.NewLoadBalancerClient(cc).BalanceLoad(ctx, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	if err := s.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: "s"},
	}}); err != nil {
		return err
	}
	for {
		m, err := s.Recv()
		switch {
		case err != nil:
			return err
		case m.GetInitialResponse() != nil:
			if every := m.GetInitialResponse().GetClientStatsReportInterval().AsDuration(); every > 0 {
				go report(ctx, s, every)
			}
		case m.GetServerList() != nil:
			c.lists <- list{len(m.GetServerList().GetServers()), time.Now()}
		}
	}
}

// report sends load reports until the context is done.
func report(ctx context.Context, s lbpb.LoadBalancer_BalanceLoadClient, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			_ = s.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_ClientStats{
				ClientStats: &lbpb.ClientStats{NumCallsStarted: 100, NumCallsFinished: 100},
			}})
		case <-ctx.Done():
			return
		}
	}
}

// until waits until each of n clients has a list of so many entries, and returns when the last
// one got it.
func (c *clients) until(n, entries int) (last time.Time, err error) {
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	for got := 0; got < n; {
		select {
		case l := <-c.lists:
			if l.entries == entries {
				got++
				last = l.at
			}
		case err := <-c.ended:
			return last, fmt.Errorf("a client's stream ended: %w", err)
		case <-timeout.C:
			return last, fmt.Errorf("after a minute %d of %d clients have the list", got, n)
		}
	}
	return last, nil
}

func (c *clients) close() {
	c.cancel()
	for range c.conns {
		<-c.ended
	}
	for _, cc := range c.conns {
		_ = cc.Close()
	}
}
