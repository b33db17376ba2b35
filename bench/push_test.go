package bench

import (
	"fmt"
	"net"
	"testing"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/protobuf/proto"

	"github.com/actorlb/grpclb/lbserver"
)

// BenchmarkPush is a list of 1,000 servers that changes, and is sent to 1,000
// clients, each on a TCP connection of its own. cpu-ns/op is what the balancer
// uses for a push, from SetServers until all clients have the list; they are in
// another process. With policy=each the list is encoded for each client, as gRPC
// does it by itself, and with policy=ours once for all.
func BenchmarkPush(b *testing.B) {
	const clients, servers, pushes = 1000, 1000, 10
	for _, policy := range []string{"ours", "each"} {
		b.Run(fmt.Sprintf("policy=%s/clients=%d/servers=%d", policy, clients, servers), func(b *testing.B) {
			m := newMeter()
			for range b.N {
				push(b, m, lbserver.Options{PlainMessages: policy == "each"}, clients, servers, pushes)
			}
			b.ReportMetric(0, "ns/op")
			m.report(b, b.N*pushes)
		})
	}
}

// push measures so many pushes of lists that change in every token.
func push(t testing.TB, m *meter, opts lbserver.Options, clients, servers, pushes int) {
	p := newPublisher(t, opts, clients)
	p.set(servers, 0)
	c := gather(t, p.addr, clients, true)
	defer c.leave()
	// gRPC's five bytes before each message; the initial response is empty but for
	// its kind.
	each := 5 + proto.Size(initialMessage) + 5 + p.size(servers)
	c.wait(clients * each)
	m.begin()
	for n := range pushes {
		p.set(servers, n+1)
		each += 5 + p.size(servers)
		c.wait(clients * each)
	}
	m.rest()
	m.stop()
}

// BenchmarkMute is 300 clients that never read, while their list of 1,000 servers
// changes 100 times: by how much the heap of the balancer has grown since before
// they connected.
func BenchmarkMute(b *testing.B) {
	const clients, servers, changes = 300, 1000, 100
	b.Run(fmt.Sprintf("policy=ours/clients=%d/servers=%d/changes=%d", clients, servers, changes), func(b *testing.B) {
		var grown float64
		for range b.N {
			grown += mute(b, clients, servers, changes)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(grown/float64(b.N)/(1<<20), "heap-MB")
	})
}

// mute returns by how many bytes the heap grows.
func mute(t testing.TB, clients, servers, changes int) float64 {
	p, m := newPublisher(t, lbserver.Options{}, clients), newMeter()
	p.set(servers, 0)
	before := m.liveHeap()
	c := gather(t, p.addr, clients, false)
	defer c.leave()
	for range clients {
		<-p.reports // it has been answered
	}
	for n := range changes {
		p.set(servers, n+1)
		m.rest() // it has been sent as far as it can be
	}
	return float64(m.liveHeap()) - float64(before)
}

// A publisher is a balancer at a port.
type publisher struct {
	t       testing.TB
	lb      *lbserver.Balancer
	addr    string
	reports chan struct{} // one for each that came
}

func newPublisher(t testing.TB, opts lbserver.Options, clients int) *publisher {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{t: t, addr: l.Addr().String(), reports: make(chan struct{}, clients)}
	opts.OnReport = func(lbserver.Report) { p.reports <- struct{}{} }
	p.lb = lbserver.New(opts)
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	p.lb.Register(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		p.lb.Close()
		s.Stop()
		<-served
	})
	return p
}

// set sets a list of n servers, whose tokens say which one it is.
func (p *publisher) set(n, which int) {
	p.t.Helper()
	list := make([]lbserver.Server, n)
	for i := range list {
		list[i] = lbserver.Server{Address: fmt.Sprintf("10.0.%d.%d:50051", i>>8, i&255), Token: token(which)}
	}
	if err := p.lb.SetServers(crowded, list); err != nil {
		p.t.Fatal(err)
	}
}

func token(which int) string { return fmt.Sprintf("token-%018d", which) }

// size is the length of such a list as it is sent.
func (p *publisher) size(n int) int {
	list := make([]*lbpb.Server, n)
	for i := range list {
		list[i] = &lbpb.Server{IpAddress: []byte{10, 0, byte(i >> 8), byte(i)}, Port: 50051, LoadBalanceToken: token(0)}
	}
	return proto.Size(&lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_ServerList{
		ServerList: &lbpb.ServerList{Servers: list},
	}})
}

// initialMessage is what a balancer that wants no reports says first.
var initialMessage = &lbpb.LoadBalanceResponse{LoadBalanceResponseType: &lbpb.LoadBalanceResponse_InitialResponse{
	InitialResponse: &lbpb.InitialLoadBalanceResponse{},
}}

// Clients that do not read cost little, in small.
func TestMute(t *testing.T) {
	if grown := mute(t, 5, 1000, 20); grown > 5<<20 {
		t.Errorf("five clients that do not read cost %.0f bytes", grown)
	}
}
